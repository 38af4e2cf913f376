import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { effect } from '@preact/signals';
import { connect, disconnect } from './api/live';
import { askWhoIAm, session, startSession } from './api/session';
import { AuditPage } from './pages/audit';
import { ComparePage } from './pages/compare';
import { EndpointPage } from './pages/endpoint';
import { ExperimentPage } from './pages/experiment';
import { ExperimentsPage } from './pages/experiments';
import { ModelPage } from './pages/model';
import { ModelsPage } from './pages/models';
import { PasswordPage } from './pages/password';
import { RunPage } from './pages/run';
import { SignInPage } from './pages/signin';
import { StartPage } from './pages/start';
import { TokensPage } from './pages/tokens';
import { UsersPage } from './pages/users';
import { VersionPage } from './pages/version';
import { Problem, Skeleton } from './parts/bits';
import { Shell } from './parts/shell';
import { address, link, startRouter } from './router';
import { startTheme } from './theme';
import 'uplot/dist/uPlot.min.css';
import './style/font.css';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/charts.css';
import './style/accounts.css';
import './style/tracking.css';
import './style/registry.css';

function Unknown({ path }: { path: string }) {
  useEffect(() => {
    document.title = 'Not here – Rondo';
  }, []);
  return (
    <header class="page-head">
      <h1>Nothing here</h1>
      <p class="lead">This version has no page {path}.</p>
      <p><a href={link.start}>All endpoints</a></p>
    </header>
  );
}

function Page() {
  const { route } = address.value;
  switch (route.page) {
    case 'start': return <StartPage />;
    case 'endpoint': return <EndpointPage key={route.name} name={route.name} />;
    case 'experiments': return <ExperimentsPage />;
    case 'compare': return <ComparePage />;
    case 'run': return <RunPage key={route.id} id={route.id} />;
    case 'experiment': return <ExperimentPage key={route.id} id={route.id} />;
    case 'models': return <ModelsPage />;
    case 'model': return <ModelPage key={route.name} name={route.name} />;
    case 'version': return (
      <VersionPage key={`${route.name}/${route.version}`} name={route.name} version={route.version} />
    );
    case 'password': return <PasswordPage />;
    case 'tokens': return <TokensPage />;
    case 'users': return <UsersPage />;
    case 'audit': return <AuditPage />;
    case 'unknown': return <Unknown path={route.path} />;
  }
}

// What is shown depends on who looks. The address stays, whatever stands in its place meanwhile.
function Entrance() {
  const now = session.value;
  switch (now.state) {
    case 'asking': return <><Skeleton height={60} /><Skeleton height={150} /></>;
    case 'unreachable': return <Problem error={now.error} retry={() => void askWhoIAm()} />;
    case 'out': return <SignInPage ended={now.ended} />;
    // Nothing of one account stays for the next one.
    default: return <Page key={now.me.name ?? ''} />;
  }
}

startTheme();
startRouter();
startSession();
effect(() => {
  const { state } = session.value;
  if (state === 'open' || state === 'in') connect(() => void askWhoIAm());
  else disconnect();
});
render(<Shell><Entrance /></Shell>, document.getElementById('app')!);
