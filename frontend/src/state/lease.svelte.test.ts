import { describe, expect, it, vi } from 'vitest';

import { Problem, unreachable } from '../api/problem';
import { LeaseKeeper } from './lease.svelte';

const LEASE = { token: 3, expires_at: '2026-11-21T10:10:00Z', seconds: 600 };
const LATER = '2026-11-21T11:00:00Z';

function make(
  renew: (token: number) => Promise<{ lease_token: number; lease_expires_at: string }>,
) {
  const onLost = vi.fn();
  return { keeper: new LeaseKeeper(LEASE, { renew, inUse: () => true, onLost }), onLost };
}

describe('the lease', () => {
  it('takes the greater token of a lease that ran out and was taken back', async () => {
    const { keeper, onLost } = make((token) =>
      Promise.resolve({ lease_token: token + 1, lease_expires_at: LATER }),
    );
    await keeper.tick();
    expect(keeper.token).toBe(4);
    expect(keeper.expires_at).toBe(Date.parse(LATER));
    expect(await keeper.regain()).toBe(true);
    expect(keeper.token).toBe(5);
    expect(onLost).not.toHaveBeenCalled();
  });

  it('is lost for good once somebody else has the task', async () => {
    const renew = vi.fn(() => Promise.reject(new Problem(409, 'lease_lost', 'Bob has it.')));
    const { keeper, onLost } = make(renew);
    await keeper.tick();
    expect(onLost).toHaveBeenCalledWith('Bob has it.');
    expect(await keeper.regain()).toBe(false);
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it('is not lost for want of a connection', async () => {
    const { keeper, onLost } = make(() => Promise.reject(unreachable()));
    await keeper.tick();
    expect(onLost).not.toHaveBeenCalled();
    await expect(keeper.regain()).rejects.toThrow();
  });
});
