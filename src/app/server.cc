#include "app/server.h"

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "api/grpc/health.h"
#include "api/inference/inference_api.h"
#include "api/mlflow/mlflow.h"
#include "api/rondo/accounts_api.h"
#include "api/rondo/charts_api.h"
#include "api/rondo/cluster_api.h"
#include "api/rondo/collection_api.h"
#include "api/rondo/data_api.h"
#include "api/rondo/endpoint_api.h"
#include "api/rondo/loop_api.h"
#include "api/rondo/mirror_api.h"
#include "api/rondo/pipeline_api.h"
#include "api/rondo/roles_api.h"
#include "api/rondo/system_api.h"
#include "api/rondo/webhook_api.h"
#include "app/blobs.h"
#include "app/data_folder.h"
#include "app/keep.h"
#include "app/keys.h"
#include "app/mirror/mirror.h"
#include "app/notices.h"
#include "app/objects.h"
#include "app/page/page.h"
#include "app/start.h"
#include "app/version.h"
#include "base/env.h"
#include "base/log.h"
#include "base/text.h"
#include "domain/loop/engine.h"
#include "domain/loop/follower.h"
#include "domain/loop/models.h"
#include "domain/pipeline/executor.h"
#include "domain/schema/migrations.h"
#include "domain/serving/python/workers.h"
#include "domain/tracking/run_index.h"
#include "platform/auth/custom_roles.h"
#include "platform/auth/desk.h"
#include "platform/auth/token.h"
#include "platform/events/consumer.h"
#include "platform/events/events.h"
#include "platform/jobs/leases.h"
#include "platform/jobs/periodic.h"
#include "platform/jobs/servers.h"
#include "platform/jobs/sliced.h"
#include "platform/net/server.h"
#include "platform/notify/retention.h"
#include "platform/notify/sender.h"
#include "platform/rpc/service.h"
#include "platform/store/database.h"
#include "platform/store/listener.h"

namespace rondo::app {
namespace {

constexpr Micros kDrain{30'000'000};
// Threads for work on files: enough to keep a disk busy.
constexpr int kFileThreads = 4;
// Threads that wait for models in other processes.
constexpr int kModelThreads = 4;
// How often a live page without news hears from us.
constexpr Micros kHeartbeat{10'000'000};
constexpr int64_t kWorkspace = 1;  // the one there is
// How soon another process' change of accounts counts here, and how exact "last used" is.
constexpr Micros kAccountsEvery{250'000};
constexpr Micros kUsesEvery{30'000'000};
// What a kill may take of a mirror's counts.
constexpr Micros kMirrorEvery{1'000'000};
// A task's token outlives its task by what its last requests may take.
constexpr Micros kTokenGrace{60'000'000};

// Processes of one boot of one machine, seen from the same place, have pids in common.
std::string machine_id(Env& env) {
    std::error_code error;
    const auto space = std::filesystem::read_symlink("/proc/self/ns/pid", error);
    auto file = env.files().open("/proc/sys/kernel/random/boot_id", FileSystem::Mode::read);
    const auto boot = file ? (*file)->read_at(0, 100) : std::unexpected(file.error());
    if (error || !boot) return "unknown-" + random_hex(env, 8);
    return std::string(trim(*boot)) + " " + space.string();
}

// Blocks the signals that end a server for all threads, so that one thread can wait for them.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return set;
}

// The first administrator, for servers that nobody can reach by loopback before they have one.
Status make_first_admin(Env& env, store::Database& db, auth::Passwords& passwords,
                        const auth::Accounts& accounts, const std::string& password_file) {
    TRY_ASSIGN(const std::string text, read_file(env.files(), password_file, 4096));
    const std::string password{trim(text)};
    TRY(auth::check_password(password));
    const std::string hash = passwords.hash_now(password);
    return db.write_now(store::Durability::full, [&](store::Tx& tx) -> Status {
        const auth::Actor start{{.name = "the server's start", .is_admin = true}, ""};
        TRY(accounts.create_user(tx, start,
                                 {.name = "admin", .password_hash = hash, .is_admin = true}));
        return ok();
    });
}

bool is_loopback(const std::string& host) { return host == "127.0.0.1" || host == "::1"; }

// How this machine reaches the server, as a part of a URL: on all addresses means on loopback, too.
std::string own_host(const std::string& host) {
    if (host == "0.0.0.0") return "127.0.0.1";
    if (host == "::") return "[::1]";
    return host.contains(':') ? "[" + host + "]" : host;
}

}  // namespace

Status run_server(const Config& config) {
    const sigset_t signals = block_signals();
    Env& env = system_env();
    ::umask(077);  // whatever the folder's permissions are, its files are nobody else's

    // What everything stands on.
    TRY(net::check_descriptors());
    TRY_ASSIGN(const auto folder, DataFolder::open(env, config.data));
    const std::string url =
        config.database.empty() ? "sqlite:" + folder->file("rondo.db") : config.database;
    TRY_ASSIGN(const auto db, store::Database::open(env, url, migrations()));
    TRY(warn_of_clock(env, *db));
    TRY_ASSIGN(const auto http, client::Client::open(env));
    TRY_ASSIGN(const auto blobs, open_blobs(env, *http, config, *folder));
    events::Hub hub;
    const events::Events events(env, hub);
    WorkerPool file_pool(kFileThreads);

    // Who may do what.
    const auth::Accounts accounts(env, kWorkspace);
    const auth::CustomRoles custom_roles(env, accounts, kWorkspace);
    auth::Directory directory(*db, kWorkspace);
    auth::Passwords passwords(env);
    TRY(directory.refresh_now());
    if (!config.admin_password_file.empty() && !directory.view()->has_accounts()) {
        TRY(make_first_admin(env, *db, passwords, accounts, config.admin_password_file));
        TRY(directory.refresh_now());
    }
    if (!is_loopback(config.host) && !directory.view()->has_accounts())
        return fail(Code::invalid,
                    "without accounts the server listens on loopback only, not on '" + config.host +
                        "': make an administrator with --admin-password-file FILE, or start on "
                        "127.0.0.1 and use `rondo user create`");
    if (!is_loopback(config.host) && config.certificate_file.empty())
        log::warning("passwords and tokens travel unencrypted",
                     {{"host", config.host}, {"remedy", "--tls-cert and --tls-key"}});
    auth::Gate gate({env, *db, directory, passwords, accounts, folder->token(),
                     !is_loopback(config.host), object_resolvers(kWorkspace), object_name});
    auth::Desk desk({*db, directory, passwords, accounts, gate});
    std::unique_ptr<mirror::Mirror> mirror;  // when another server's answers are passed on
    if (!config.mirror.upstream.empty()) {
        TRY_ASSIGN(mirror, mirror::Mirror::open(env, *db, gate, object_resolvers(kWorkspace),
                                                config.mirror));
    }
    Env& clock = mirror ? mirror->clock() : env;  // of what clients do by MLflow's interface

    // The domain.
    const artifacts::Service artifacts(clock, kWorkspace);
    series::FoldHint fold;
    tracking::MetricKeys metric_keys;
    const tracking::Service tracking({.env = clock,
                                      .artifacts = artifacts,
                                      .workspace_id = kWorkspace,
                                      .fold = &fold,
                                      .keys = &metric_keys});
    const registry::Service registry({clock, events, tracking, kWorkspace});
    TRY(db->write_now(store::Durability::full,
                      [&](store::Tx& tx) { return tracking.ensure_default_experiment(tx); }));
    blobs->ask_before_commit([&](const blob::Stored& stored) {
        return holds::hold_upload(
            env, *db, {stored.digest.hex(), static_cast<int64_t>(stored.size)}, config.holds);
    });
    const data::Service data(env, events, *blobs, config.holds);
    TRY_ASSIGN(const Keys keys, load_keys(env, *folder, *db));
    const predictions::IdCodec ids(keys.prediction);
    const predictions::Service predictions(env, events, *blobs);
    const pipeline::Service pipelines(env, events, config.holds);
    const rollout::Service rollouts(
        [&](store::Tx& tx, const serving::EndpointRow& endpoint, int32_t version) -> Status {
            TRY_ASSIGN(const auto model, serving::parse_model(endpoint.spec.model));
            return registry.set_alias(tx, model.name, model.alias, version);
        });

    // The network, bound early: tasks are told the port.
    rpc::Border border{config.allowed_hosts};
    border.allowed_hosts.push_back(own_host(config.host));
    rpc::Service service(std::move(border), mirror ? mirror->guard() : gate);
    if (mirror) mirror->stand_before(service);
    net::ServerOptions options;
    options.address = config.host;
    options.port = config.port;
    options.threads = config.io_threads;
    options.certificate_file = config.certificate_file;
    options.key_file = config.key_file;
    options.limits = config.limits;
    net::Application& application = mirror ? static_cast<net::Application&>(*mirror) : service;
    TRY_ASSIGN(auto server, net::Server::bind(env, options, application));
    const std::string server_url = (config.certificate_file.empty() ? "http://" : "https://") +
                                   own_host(config.host) + ":" + std::to_string(server->port());

    // Among others on the same database: who lives, and who owns which job.
    const bool alone = db->health().engine == "sqlite";
    jobs::Servers servers(env, *db, events,
                          {folder->server_id(), server_url, machine_id(env),
                           alone ? jobs::Company::alone : jobs::Company::several, config.patience});
    jobs::Leases leases(*db, servers);
    jobs::Sliced sliced(env, *db, leases);
    const predictions::Shipper shipper(*db, *blobs, folder->server_id());

    // What leaves the house because something happened.
    auto egress = client::EgressPolicy::with_exceptions(config.egress_allowed);
    if (!egress) return fail(egress.error().code, "--egress-allow: " + egress.error().message);
    TRY_ASSIGN(std::string webhook_key, load_webhook_key(env, *folder, *db));
    const notify::Service webhooks({env, events, std::move(webhook_key), std::move(*egress),
                                    event_kinds(), words_of, kWorkspace});
    notify::Sender sender(env, *db, leases, *http, webhooks);
    events::Sequencer sequencer(*db, leases);
    events::Consumer webhook_consumer(
        *db, leases, "webhooks", events::From::now,
        [&](store::Tx& tx, const std::vector<events::Event>& found) -> Status {
            tx.after_commit([&sender] { sender.wake(); });
            return webhooks.fan_out(tx, found);
        });
    events::ConsumerThread consumers(sequencer, {&webhook_consumer});
    sliced.add(notify::retention_job(env));
    sliced.add(series::fold_job(env, config.series));
    tracking::IndexSettings indexing;
    if (alone) indexing.wait = Micros{0};  // one transaction after the other: none is half done
    sliced.add(tracking::index_job(env, indexing));
    fold.calls([&sliced] { sliced.hurry(std::string(series::kFoldJob)); });
    Keeping keeping({env, *db, *blobs, artifacts, sliced, kWorkspace, folder->file("work/runs")},
                    config);
    TRY(keeping.begin());

    // Serving: models loaded, predictions logged.
    WorkerPool model_pool(kModelThreads);
    predictions::Flusher flusher;
    serving::PythonWorkers python(env, *blobs, {config.environments, folder->file("work")});
    serving::Loader loader(*blobs, python);
    loop::Engine* engine_pointer = nullptr;  // what wakes it is made before it
    serving::Endpoints endpoints(
        {env, *db, ids, keys.assignment, model_pool, predictions, flusher, loader,
         folder->file("predictions"),
         [&](store::Tx& tx, int64_t, const std::string& name, int64_t version) {
             return loop::package_of(registry, artifacts, tx, name, version);
         },
         [&](int64_t endpoint) { engine_pointer->trip(endpoint); }, alone ? nullptr : &shipper,
         alone ? std::function<bool()>() : [&servers] { return servers.is_alive(); }});

    // The loop: pipelines run, decisions are made.
    process::Watcher watcher;
    pipeline::Executor executor(
        env, *db, *blobs, data, events, watcher,
        {folder->file("work/runs"), config.environments, server_url, servers, leases,
         serving::interpreter_paths,
         [&](store::Tx& tx, const pipeline::Run& run, const std::string& outputs) {
             return loop::publish_model(registry, tx, run, outputs);
         },
         [&](const pipeline::Run& run, const pipeline::TaskSpec& task,
             int64_t attempt) -> Result<std::string> {
             if (!gate.has_accounts()) return std::string();
             const std::string secret = auth::make_token(env, auth::TokenKind::task);
             TRY(db->write_now(store::Durability::full, [&](store::Tx& tx) {
                 return accounts.create_task_token(
                     tx,
                     "run " + std::to_string(run.id) + ", " + task.name + ", attempt " +
                         std::to_string(attempt),
                     env.now() + task.time_limit + kTokenGrace, auth::hash_of(secret));
             }));
             return secret;
         },
         [&](int64_t) { engine_pointer->wake(); }});
    std::unique_ptr<store::Listener> listener;  // none when nobody is to be heard
    std::unique_ptr<loop::Follower> follower;
    const auto announce = [&listener] {
        if (listener) listener->announce();
    };
    const loop::Parts loop_parts{env,
                                 *db,
                                 *blobs,
                                 events,
                                 predictions,
                                 data,
                                 pipelines,
                                 registry,
                                 tracking,
                                 rollouts,
                                 endpoints,
                                 [&executor] { executor.wake(); },
                                 servers,
                                 leases,
                                 [&] {
                                     if (follower) follower->wake();
                                     announce();
                                 }};
    loop::Engine engine(loop_parts);
    engine_pointer = &engine;
    TRY(endpoints.load_all());
    if (!alone) {
        follower = std::make_unique<loop::Follower>(
            loop_parts, servers, shipper, engine,
            loop::Follower::Hooks{[&hub] { hub.wake(); }, [&executor] { executor.wake(); },
                                  announce});
        if (config.notify)
            listener = std::make_unique<store::Listener>(url, [&follower] { follower->wake(); });
        hub.set_echo(loop_parts.tell);
    }
    leases.want(loop::kLoopLease);
    leases.want(pipeline::kExecutorLease);
    // From here on the others count on this server.
    TRY(servers.join());
    jobs::Periodic heart(env);  // on its own: nothing that waits may hold it up
    heart.add("heartbeat", servers.patience() / 6, [&]() -> Status {
        TRY(servers.tick());
        return leases.tick();
    });
    TRY(leases.tick());
    heart.start();
    if (follower) TRY(follower->start());
    executor.start();
    engine.start();
    jobs::Periodic periodic(env);
    periodic.add("wake_live_pages", kHeartbeat, [&hub]() -> Status {
        hub.notify();
        return ok();
    });
    if (!alone)  // another process may change accounts, too
        periodic.add("refresh_accounts", kAccountsEvery,
                     [&directory] { return directory.refresh_now(); });
    periodic.add("note_token_uses", kUsesEvery, [&gate] { return gate.flush_uses(); });
    if (mirror) periodic.add("mirror", kMirrorEvery, [&mirror] { return mirror->flush(); });
    keeping.add_to(periodic);
    add_watchdog(periodic);
    periodic.start();
    sliced.start();
    consumers.start();
    hub.set_listener([&consumers] { consumers.wake(); });
    sender.start();

    // The protocols.
    api::SystemApi system({*db,
                           std::string(kVersion),
                           std::string(kMlflowVersion),
                           [&service] { return service.openapi(kVersion); },
                           {[&service](std::string& out) { service.write_metrics(out); },
                            [&servers](std::string& out) { servers.write_metrics(out); },
                            [&leases](std::string& out) { leases.write_metrics(out); },
                            [&sliced](std::string& out) { sliced.write_metrics(out); },
                            [&sender](std::string& out) { sender.write_metrics(out); },
                            [&keeping](std::string& out) { keeping.write_metrics(out); },
                            [&gate](std::string& out) { gate.write_metrics(out); },
                            [&mirror](std::string& out) {
                                if (mirror) mirror->record().write_metrics(out, mirror->queued());
                            }}});
    service.add(&system, rpc::Style::rondo, system.rows());
    api::HealthApi health(service, [&system] { return system.is_ready(); });
    service.add(&health, rpc::Style::grpc, health.rows());
    store::Database& mlflow_db = mirror ? mirror->database() : *db;
    using Direct = api::mlflow::Mlflow::Direct;
    api::mlflow::Mlflow mlflow({clock, mlflow_db, *blobs, file_pool, tracking, registry, artifacts},
                               {clock, mlflow_db, *blobs, artifacts, kWorkspace, keys.prediction},
                               config.s3_client_endpoint.empty() ? Direct::on_demand : Direct::told,
                               {*db, accounts, gate, desk, custom_roles},
                               {*db, desk, webhooks, sender});
    mlflow.add_to(service);

    api::AccountsApi accounts_api({env, *db, accounts, gate, desk});
    service.add(&accounts_api, rpc::Style::rondo, accounts_api.rows());
    api::RolesApi roles_api({*db, accounts, gate, desk, custom_roles});
    service.add(&roles_api, rpc::Style::rondo, roles_api.rows());
    api::CollectionApi collection_api({*db, [&keeping] { keeping.hurry(); }});
    service.add(&collection_api, rpc::Style::rondo, collection_api.rows());
    api::DataApi data_api({env, *db, *blobs, data, file_pool, kWorkspace});
    service.add(&data_api, rpc::Style::rondo, data_api.rows());
    api::PipelineApi pipeline_api({*db, pipelines, executor, file_pool, kWorkspace});
    service.add(&pipeline_api, rpc::Style::rondo, pipeline_api.rows());
    api::EndpointApi endpoint_api(
        {env, *db, events, ids, predictions, endpoints, engine, file_pool, kWorkspace});
    service.add(&endpoint_api, rpc::Style::rondo, endpoint_api.rows());
    api::LoopApi loop_api(
        {env, *db, hub, endpoints, engine, file_pool, kWorkspace,
         [&gate](store::Tx& tx, const auth::Caller& caller, const std::string& subject) {
             return gate.may_read(tx, caller, subject);
         }});
    service.add(&loop_api, rpc::Style::rondo, loop_api.rows());
    api::ChartsApi charts_api(*db, tracking);
    service.add(&charts_api, rpc::Style::rondo, charts_api.rows());
    api::ClusterApi cluster_api(*db, servers);
    service.add(&cluster_api, rpc::Style::rondo, cluster_api.rows());
    api::WebhookApi webhook_api({env, *db, desk, webhooks, sender});
    service.add(&webhook_api, rpc::Style::rondo, webhook_api.rows());
    api::InferenceApi inference(endpoints);
    service.add(&inference, rpc::Style::mlflow, inference.invocation_rows());
    service.add(&inference, rpc::Style::oip, inference.v2_rows());
    std::optional<api::MirrorApi> mirror_api;
    if (mirror) {
        mirror_api.emplace(mirror->record(), [&mirror] { return mirror->queued(); });
        service.add(&*mirror_api, rpc::Style::rondo, mirror_api->rows());
    }
    Page page(env, config.page_folder);
    service.add(&page, rpc::Style::rondo, page.rows());

    std::thread signal_thread([&] {
        while (true) {
            int signal = 0;
            sigwait(&signals, &signal);
            if (signal == SIGHUP) {
                if (config.certificate_file.empty()) continue;
                const Status reloaded = server->reload_certificates();
                if (!reloaded) log::error("certificates", {{"error", reloaded.error().message}});
                continue;
            }
            // Another one ends the process at once.
            ::signal(signal, SIG_DFL);
            pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
            log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
            tell_supervisor("STOPPING=1");
            system.set_ready(false);
            hub.close();
            engine.release_waiting();
            server->stop(kDrain);
            return;
        }
    });
    system.set_ready(true);
    log::info("listening", {{"url", server_url}, {"data", folder->path()}});
    tell_supervisor("READY=1");
    server->run();
    signal_thread.join();
    if (mirror) mirror->stop();
    // From the top of the house down: who decides, who runs, who works, who keeps.
    periodic.stop();
    hub.set_listener({});
    consumers.stop();
    sender.stop();
    sliced.stop();
    engine.stop();
    executor.stop();
    watcher.stop();  // its callbacks speak to the executor
    model_pool.stop();
    file_pool.stop();
    mlflow.stop();
    passwords.stop();
    if (follower) follower->stop();  // hands over what the last requests left
    if (listener) listener->stop();
    heart.stop();
    if (Status left = servers.leave(); !left)
        log::warning("no good-bye", {{"error", left.error().message}});
    db->stop();
    // What is left of requests that were cut, before the things that they point to.
    server.reset();
    return ok();
}

}  // namespace rondo::app
