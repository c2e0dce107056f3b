/** An INS of an identity that is not qualified leaves for its depositor alone. Decisions 30 and 56. */
import t from 'tap'
import type { Caller } from '../../src/auth/caller.ts'
import { aPatient, call, openServer } from '../fixtures.ts'
import { citizen, clinic, establishment } from './callers.ts'

t.test(
  'gives an unqualified INS to the organisation that deposited it, and to nobody else',
  async (t) => {
    let caller: Caller = establishment()
    const server = await openServer(t, { national: true, authenticate: () => caller })
    const as = async (who: Caller, method: string, path: string, body?: unknown) => {
      caller = who
      return call(server, method, path, body === undefined ? {} : { body })
    }
    const ins = { system: 'urn:oid:1.2.250.1.213.1.4.10', value: '180017599900137' }
    const made = await as(establishment(), 'POST', '/Patient', aPatient({ identifier: [ins] }))
    t.equal(made.status, 201, made.text)
    t.match(made.text, ins.value, 'the depositor sees it in the answer')
    const path = `/Patient/${String(made.body.id)}`
    t.match((await as(establishment(), 'GET', path)).text, ins.value)
    const shown = await as(citizen(String(made.body.id)), 'GET', path)
    t.equal(shown.status, 200)
    t.notMatch(shown.text, ins.value)
    const search = `/Patient?identifier=${ins.system}|${ins.value}`
    t.equal((await as(establishment(clinic), 'GET', search)).body.total, 0, 'nor finds it')
    t.notMatch((await as(citizen(String(made.body.id)), 'GET', `${path}/_history`)).text, ins.value)
  },
)
