import t from 'tap'
import { contractSuite } from './contract.ts'
import { stores } from './stores.ts'

for (const { name, openStore } of stores) contractSuite(t, name, openStore)
