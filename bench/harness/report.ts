/** Results as a table for people and as JSON for machines. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Cores } from './cores.ts'
import { isMet, type Result } from './figure.ts'
import type { BenchOptions } from './options.ts'

export interface FigureResults {
  readonly name: string
  readonly seconds: number
  readonly results: readonly Result[]
}

export function formatTable(measured: readonly FigureResults[], cores: Cores): string {
  const rows = measured.flatMap(({ results }) => results)
  const width = Math.max(...rows.map(({ work }) => work.length))
  const lines = [
    cores.arePinned
      ? `server and floors on core ${cores.server}, load on core ${cores.load}; only ratios mean something`
      : 'not pinned to cores: ratios are rougher than they could be',
    '',
    `${'work'.padEnd(width)}  ${'value'.padStart(10)}  ${'first goal'.padEnd(10)}`,
  ]
  for (const row of rows) {
    const goal = row.goal ? `${row.goal.bound === 'at least' ? '>=' : '<='} ${row.goal.value}` : ''
    const met = isMet(row)
    lines.push(
      `${row.work.padEnd(width)}  ${valueText(row).padStart(10)}  ${goal.padEnd(10)} ${met === undefined ? '' : met ? 'yes' : 'NO'}`,
      `    ${row.detail}`,
    )
    if (row.where) lines.push(`    time: ${row.where}`)
  }
  return `${lines.join('\n')}\n`
}

function valueText({ value, unit }: Result): string {
  if (value === undefined) return '-'
  const digits = unit === 'MB' ? 0 : unit === 'rows' || unit === 'KB' ? 1 : 2
  return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`
}

/** Gives the file's name. */
export function writeResults(measured: readonly FigureResults[], options: BenchOptions): string {
  const folder = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const time = new Date().toISOString()
  const file = `${folder}${time.replaceAll(':', '-').slice(0, 19)}.json`
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    arch: arch(),
    node: process.version,
  }
  writeFileSync(file, JSON.stringify({ time, machine, options, figures: measured }, undefined, 2))
  return file
}
