#include "platform/store/libpq.h"

#include <dlfcn.h>

#include <string>

namespace rondo::store {

Result<const Libpq*> libpq() {
    static Libpq table{};
    static const std::string problem = [] {
        void* library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) return std::string("libpq.so.5 cannot be loaded; install libpq5");
        std::string missing;
        const auto load = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(
                ::dlsym(library, name));
            if (function == nullptr) missing = std::string("libpq.so.5 lacks ") + name;
        };
        load(table.connectdb, "PQconnectdb");
        load(table.connectdbParams, "PQconnectdbParams");
        load(table.finish, "PQfinish");
        load(table.status, "PQstatus");
        load(table.errorMessage, "PQerrorMessage");
        load(table.socket, "PQsocket");
        load(table.backendPID, "PQbackendPID");
        load(table.setNoticeProcessor, "PQsetNoticeProcessor");
        load(table.exec, "PQexec");
        load(table.prepare, "PQprepare");
        load(table.execPrepared, "PQexecPrepared");
        load(table.setnonblocking, "PQsetnonblocking");
        load(table.enterPipelineMode, "PQenterPipelineMode");
        load(table.sendPrepare, "PQsendPrepare");
        load(table.sendQueryPrepared, "PQsendQueryPrepared");
        load(table.sendFlushRequest, "PQsendFlushRequest");
        load(table.pipelineSync, "PQpipelineSync");
        load(table.flush, "PQflush");
        load(table.consumeInput, "PQconsumeInput");
        load(table.isBusy, "PQisBusy");
        load(table.getResult, "PQgetResult");
        load(table.cmdStatus, "PQcmdStatus");
        load(table.resultStatus, "PQresultStatus");
        load(table.resultErrorField, "PQresultErrorField");
        load(table.clear, "PQclear");
        load(table.ntuples, "PQntuples");
        load(table.cmdTuples, "PQcmdTuples");
        load(table.getisnull, "PQgetisnull");
        load(table.getvalue, "PQgetvalue");
        load(table.getlength, "PQgetlength");
        load(table.notifies, "PQnotifies");
        load(table.freemem, "PQfreemem");
        return missing;
    }();
    if (!problem.empty()) return fail(Code::unavailable, problem);
    return &table;
}

}  // namespace rondo::store
