// What the one who looks may do with a registered model.

import { useEffect, useMemo } from 'preact/hooks';
import { registry } from '../api/registry';
import { resource } from '../api/resource';
import { session } from '../api/session';
import { lacks } from './rights';

export interface ModelRights {
  known: boolean; // nothing is offered before
  edit: boolean;
  manage: boolean; // deleting
}

// By role and grant, as the server reckons them. Who cannot be told what counts goes by the role:
// the server refuses what the page offers in vain.
export function useModelRights(name: string): ModelRights {
  const now = session.value;
  const me = now.state === 'in' ? now.me : undefined;
  const level = useMemo(() => resource(() => registry.levelOf(me!.name, name)), [me?.name, name]);
  useEffect(() => {
    if (me) void level.refresh();
  }, [level]);
  if (!me) return { known: true, edit: true, manage: true };
  const told = level.value.value;
  if (told !== undefined) {
    return { known: true, edit: told === 'EDIT' || told === 'MANAGE', manage: told === 'MANAGE' };
  }
  return level.error.value === undefined ? { known: false, edit: false, manage: false } : {
    known: true, edit: lacks(me, 'editor') === undefined,
    manage: lacks(me, 'maintainer') === undefined,
  };
}
