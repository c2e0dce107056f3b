/**
 * The server as its foundation was: plain FHIR, indexed, neither validated nor audited. What a create
 * costs without what later parts ask of it; never a way to run the server.
 */
import type { AuditJournal } from '../../src/audit/journal.ts'
import { createMemoryJournal } from '../../src/audit/memory-journal.ts'
import { loadConfig } from '../../src/config.ts'
import { buildServer } from '../../src/server.ts'

/** Keeps nothing, so that its memory does not grow with what is measured. */
const forgetful: AuditJournal = {
  ...createMemoryJournal(),
  append: async () => {},
  appendMissing: async () => {},
}

const config = loadConfig(process.env)
const server = await buildServer(config, { rules: 'none', journal: forgetful })
await server.app.listen({ port: config.port, host: config.host })
process.once('SIGTERM', () => void server.close().then(() => process.exit()))
