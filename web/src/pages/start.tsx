// All endpoints at a glance, or how to make the first one.

import { useEffect, useMemo } from 'preact/hooks';
import { EndpointListStore } from '../api/endpoints';
import { session } from '../api/session';
import type { EndpointStatus } from '../api/types';
import { Spark } from '../charts/spark';
import { number } from '../format/number';
import { moment } from '../format/time';
import { stateOf } from '../loop/state';
import { Closed, Facts, NotRead, Pill, Skeleton, Snippet } from '../parts/bits';
import { link } from '../router';
import { countsOf } from './endpoint';

function Row({ store, status }: { store: EndpointListStore; status: EndpointStatus }) {
  const { name } = status.spec;
  const spark = useMemo(() => store.spark(name), [store, name]);
  const tick = status.window?.tick;
  useEffect(() => void spark.refresh(), [spark, tick]);
  const state = stateOf(status);
  const { window, route } = status;
  return (
    <li class="card endpoint-row">
      <div class="endpoint-what">
        <h2><a href={link.endpoint(name)}>{name}</a> <Pill tone={state.tone}>{state.label}</Pill></h2>
        <p>{state.sentence}</p>
        <p class="soft">
          {route ? `v${route.champion} is champion` : 'no champion yet'}
          {status.engine && ` · ${status.engine}`}
          {status.settled && ` · decided up to ${moment(status.settled)}`}
        </p>
      </div>
      <div class="endpoint-metric">
        <Spark windows={spark.value.value ?? []} />
        {window && window.labelled > 0
          ? <p>
              <span class="soft">mean </span>
              <b class={window.breached ? 'tone-bad' : ''}>{number(window.mean)}</b>
              <span class="soft"> threshold {number(window.threshold)}</span>
            </p>
          : <p class="soft">not judged yet</p>}
      </div>
      <Facts items={countsOf(status)} />
    </li>
  );
}

const tokenSnippet = (url: string) => `export MLFLOW_TRACKING_URI=${url}
export MLFLOW_TRACKING_TOKEN=rondo_pat_...`;

const trainSnippet = (url: string) => `# pip install mlflow xgboost
import mlflow, numpy, xgboost
from mlflow.models import infer_signature

mlflow.set_tracking_uri("${url}")
x = numpy.random.default_rng(1).random((1000, 2), dtype="float32")
rows = xgboost.DMatrix(x, x[:, 0] > x[:, 1])
booster = xgboost.train({"objective": "binary:logistic"}, rows, 20)
mlflow.xgboost.log_model(booster, name="model", registered_model_name="first",
                         signature=infer_signature(x, booster.predict(rows)))
mlflow.MlflowClient().set_registered_model_alias("first", "champion", 1)`;

// The model is loaded behind the answer to the first call, so that the second one may be early.
const endpointSnippet = (url: string, token: string, ask: string) =>
  `curl -X PUT ${url}/api/rondo/v1/endpoints/first \\
  -H "authorization: Bearer ${token}" \\
  -H "content-type: application/json" \\
  -d '{"name": "first", "model": "models:/first@champion"}'

curl -f --retry 5 ${url}/endpoints/first/invocations \\${ask}
  -H "content-type: application/json" -d '{"inputs": [[0.7, 0.2]]}'`;

function Empty() {
  const url = location.origin;
  const now = session.value;
  const accounts = now.state === 'in';
  if (accounts && !now.me.admin && now.me.role === 'none') {
    return <Closed title="Nothing to see yet" why="you have no role here, and no endpoint is
      granted to you: an administrator of this server gives roles." />;
  }
  const bearer = '\n  -H "authorization: Bearer $MLFLOW_TRACKING_TOKEN" \\';
  return (
    <div class="empty">
      <h1>No endpoint yet</h1>
      <p class="lead">
        An endpoint answers with whatever version carries an alias, keeps every answer, and gives the
        loop something to watch. This page shows the first one as soon as it is there.
      </p>
      {accounts && (
        <>
          <h2>First, a token</h2>
          <p>
            Make one for <b>operate</b> among <a href={link.tokens}>your tokens</a>, and let the shell
            know it.
          </p>
          <Snippet label="Shell: the token" text={tokenSnippet(url)} />
        </>
      )}
      <h2>1. Register a model</h2>
      <Snippet label="Python: register a model" text={trainSnippet(url)} />
      <h2>2. Create an endpoint and ask it</h2>
      <Snippet label="Shell: create an endpoint and ask it" text={accounts
        ? endpointSnippet(url, '$MLFLOW_TRACKING_TOKEN', bearer)
        : endpointSnippet(url, '$(cat rondo-data/token)', '')} />
      <p class="soft">
        {!accounts && <>The token is in the server's data folder. </>}What else there is to call:{' '}
        <a href="/openapi.json">/openapi.json</a>. A policy
        (<code>rondo endpoint policy policy.yaml</code>) makes the loop watch it.
      </p>
      <AccountHint />
    </div>
  );
}

// Quiet, because a server for one person needs none.
function AccountHint() {
  if (session.value.state !== 'open') return null;
  return (
    <p class="soft account-hint">
      This server has no accounts. <a href={link.users}>How to make them</a>
    </p>
  );
}

export function StartPage() {
  const store = useMemo(() => new EndpointListStore(), []);
  useEffect(() => store.follow(), [store]);
  useEffect(() => {
    document.title = 'Endpoints – Rondo';
  }, []);
  const list = store.list.value.value;
  const error = store.list.error.value;
  if (!list) {
    return error
      ? <NotRead error={error} retry={() => void store.list.refresh()} />
      : <><Skeleton height={60} /><Skeleton height={150} /></>;
  }
  if (list.length === 0) return <Empty />;
  return (
    <>
      <header class="page-head"><h1>Endpoints</h1></header>
      <ul class="endpoint-list">
        {list.map((status) => <Row key={status.spec.name} store={store} status={status} />)}
      </ul>
      <AccountHint />
    </>
  );
}
