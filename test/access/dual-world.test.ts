import t from 'tap'
import { compareWorlds, openPair, perspectives } from './dual-world.ts'

t.test('answers the same, byte for byte, whatever is hidden from the caller', async (t) => {
  const differences = await compareWorlds(
    Number(process.env.DUAL_WORLD_PAIRS ?? 2_000),
    Number(process.env.DUAL_WORLD_SEED ?? 42),
  )
  for (const { perspective, request, withHidden, without } of differences.slice(0, 5)) {
    t.equal(withHidden, without, `${perspective}: ${request.method} ${request.path}`)
  }
  t.equal(differences.length, 0)
})

t.test('would see a difference: the depositor sees the hidden document', async (t) => {
  const { withHidden, without, perspective } = await openPair(perspectives[0]!)
  t.teardown(() => Promise.all([withHidden.server.close(), without.server.close()]))
  const request = { method: 'GET', path: '/DocumentReference/d-hidden' }
  const { establishment } = await import('./callers.ts')
  t.not(await withHidden.as(establishment(), request), await without.as(establishment(), request))
  t.equal(
    await withHidden.as(perspective.caller, request),
    await without.as(perspective.caller, request),
  )
})
