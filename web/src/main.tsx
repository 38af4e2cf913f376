import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { connect } from './api/live';
import { EndpointPage } from './pages/endpoint';
import { ExperimentPage, RunPage } from './pages/run';
import { StartPage } from './pages/start';
import { Shell } from './parts/shell';
import { address, link, startRouter } from './router';
import { startTheme } from './theme';
import 'uplot/dist/uPlot.min.css';
import './style/font.css';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/charts.css';

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
    case 'run': return <RunPage key={route.id} id={route.id} />;
    case 'experiment': return <ExperimentPage key={route.id} id={route.id} />;
    case 'unknown': return <Unknown path={route.path} />;
  }
}

startTheme();
startRouter();
connect();
render(<Shell><Page /></Shell>, document.getElementById('app')!);
