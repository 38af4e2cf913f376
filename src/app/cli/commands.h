// The commands by their nouns, one file each. Data goes to stdout, everything else to stderr.
#pragma once

#include "app/cli/flags.h"

namespace rondo::app::cli {

// Each declares its noun's verbs and flags on the program.
void add_loop(Noun& root);
void add_data(Noun& root);
void add_pipeline(Noun& root);
void add_run(Noun& root);
void add_model(Noun& root);
void add_endpoint(Noun& root);
void add_policy(Noun& root);
void add_rollout(Noun& root);
void add_simulate(Noun& rollout);
void add_plan(Noun& rollout);
void add_webhook(Noun& root);
void add_backup(Noun& root);  // and restore
void add_move(Noun& root);    // import and export
void add_mirror(Noun& root);
void add_doctor(Noun& root);
void add_drift(Noun& root);  // and profile
void add_collection(Noun& root);
void add_account(Noun& root);  // user, token, role, audit

// All of them, in the order of the help.
inline void add_commands(Noun& root) {
    add_loop(root);
    add_data(root);
    add_pipeline(root);
    add_run(root);
    add_model(root);
    add_endpoint(root);
    add_policy(root);
    add_rollout(root);
    add_webhook(root);
    add_backup(root);
    add_move(root);
    add_mirror(root);
    add_doctor(root);
    add_drift(root);
    add_collection(root);
    add_account(root);
}

}  // namespace rondo::app::cli
