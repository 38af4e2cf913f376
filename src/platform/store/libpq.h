// The functions of libpq that we call. It is loaded when it is needed: linked, it would cost every
// start 13 ms and 12 MB.
#pragma once

#include <postgresql/libpq-fe.h>

#include "base/result.h"

namespace rondo::store {

struct Libpq {
    decltype(&PQconnectdb) connectdb;
    decltype(&PQconnectdbParams) connectdbParams;
    decltype(&PQfinish) finish;
    decltype(&PQstatus) status;
    decltype(&PQerrorMessage) errorMessage;
    decltype(&PQsocket) socket;
    decltype(&PQbackendPID) backendPID;
    decltype(&PQsetNoticeProcessor) setNoticeProcessor;
    // Whole round trips.
    decltype(&PQexec) exec;
    decltype(&PQprepare) prepare;
    decltype(&PQexecPrepared) execPrepared;
    // A pipeline: what is sent together, and results as they come.
    decltype(&PQsetnonblocking) setnonblocking;
    decltype(&PQenterPipelineMode) enterPipelineMode;
    decltype(&PQsendPrepare) sendPrepare;
    decltype(&PQsendQueryPrepared) sendQueryPrepared;
    decltype(&PQsendFlushRequest) sendFlushRequest;
    decltype(&PQpipelineSync) pipelineSync;
    decltype(&PQflush) flush;
    decltype(&PQconsumeInput) consumeInput;
    decltype(&PQisBusy) isBusy;
    decltype(&PQgetResult) getResult;
    // Results.
    decltype(&PQcmdStatus) cmdStatus;
    decltype(&PQresultStatus) resultStatus;
    decltype(&PQresultErrorField) resultErrorField;
    decltype(&PQclear) clear;
    decltype(&PQntuples) ntuples;
    decltype(&PQcmdTuples) cmdTuples;
    decltype(&PQgetisnull) getisnull;
    decltype(&PQgetvalue) getvalue;
    decltype(&PQgetlength) getlength;
    // Notifications.
    decltype(&PQnotifies) notifies;
    decltype(&PQfreemem) freemem;
};

// Loads the library at the first call; the table lives as long as the process. Thread-safe.
Result<const Libpq*> libpq();

}  // namespace rondo::store
