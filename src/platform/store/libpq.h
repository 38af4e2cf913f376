// The functions of libpq that we call. It is loaded when it is needed: linked, it would cost every
// start 13 ms and 12 MB.
#pragma once

#include <postgresql/libpq-fe.h>

#include "base/result.h"

namespace rondo::store {

struct Libpq {
    decltype(&PQconnectdb) connectdb;
    decltype(&PQfinish) finish;
    decltype(&PQstatus) status;
    decltype(&PQerrorMessage) errorMessage;
    decltype(&PQexec) exec;
    decltype(&PQprepare) prepare;
    decltype(&PQexecPrepared) execPrepared;
    decltype(&PQresultStatus) resultStatus;
    decltype(&PQresultErrorField) resultErrorField;
    decltype(&PQclear) clear;
    decltype(&PQntuples) ntuples;
    decltype(&PQcmdTuples) cmdTuples;
    decltype(&PQgetisnull) getisnull;
    decltype(&PQgetvalue) getvalue;
    decltype(&PQgetlength) getlength;
    decltype(&PQsetNoticeProcessor) setNoticeProcessor;
    decltype(&PQconnectdbParams) connectdbParams;
    decltype(&PQsocket) socket;
    decltype(&PQconsumeInput) consumeInput;
    decltype(&PQnotifies) notifies;
    decltype(&PQbackendPID) backendPID;
    decltype(&PQfreemem) freemem;
};

// Loads the library at the first call; the table lives as long as the process. Thread-safe.
Result<const Libpq*> libpq();

}  // namespace rondo::store
