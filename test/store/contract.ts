/** What every store must do, as one suite of tests. */
import type { Test } from 'tap'
import { blobContract } from './contract-blobs.ts'
import { commitContract } from './contract-commit.ts'
import { historyContract } from './contract-history.ts'
import { includeContract } from './contract-includes.ts'
import { pagingContract } from './contract-paging.ts'
import { searchContract } from './contract-search.ts'
import { unsearchableContract } from './contract-unsearchable.ts'
import type { OpenStore } from './stores.ts'

/** One test of the contract: a sentence, and what it does with an empty store. */
export type ContractTest = (
  sentence: string,
  body: (t: Test, openStore: OpenStore) => Promise<void>,
) => void

export function contractSuite(t: Test, name: string, openStore: OpenStore): void {
  const test: ContractTest = (sentence, body) => {
    void t.test(`${name}: ${sentence}`, (t) => body(t, openStore))
  }
  commitContract(test)
  searchContract(test)
  unsearchableContract(test)
  pagingContract(test)
  includeContract(test)
  historyContract(test)
  blobContract(test)
}
