// The runs of an experiment as far as somebody has scrolled, and what becomes of them meanwhile.

import { goesOn } from '../tracking/words';
import { orderBy, type Sort } from '../tracking/columns';
import { mlflow, type Run, type View } from './mlflow';
import { PagedList, type Read } from './paged';
import { quoted } from './rest';

const FOLLOWED = 100; // of those that go on

export interface RunQuery {
  experimentId: string;
  filter: string;
  sort: Sort | undefined;
  view: View;
}

export class RunList extends PagedList<RunQuery, Run> {
  constructor() {
    super({
      page: ({ experimentId, filter, sort, view }, limit, pageToken) => mlflow.runs({
        experimentIds: [experimentId], filter, orderBy: orderBy(sort), view, limit, pageToken,
      }),
      keyOf: (run) => run.info.run_id,
    });
  }

  protected override look(now: Read<RunQuery, Run>, atTop: () => boolean): Promise<unknown> {
    return Promise.all([this.followRunning(now), super.look(now, atTop)]);
  }

  private async followRunning({ query, rows }: Read<RunQuery, Run>): Promise<void> {
    const ids = rows.filter(goesOn).slice(0, FOLLOWED).map((run) => quoted(run.info.run_id));
    if (ids.length === 0) return;
    const { items } = await mlflow.runs({
      experimentIds: [query.experimentId], filter: `attributes.run_id IN (${ids.join(', ')})`,
      orderBy: [], view: 'ALL', limit: FOLLOWED,
    });
    this.renew(query, items);
  }
}
