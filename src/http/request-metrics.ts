/**
 * Times and statuses of answers, by route, as Prometheus reads them. Counted by hand: prom-client
 * hashes the labels of every observation, which costs more than finding the row in the database.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

const boundsSeconds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]

interface RouteTimes {
  readonly labels: string
  /** By the first bound that is not passed; the last place is beyond all. */
  readonly counts: number[]
  readonly statuses: Map<number, number>
  sumSeconds: number
}

export class RequestMetrics {
  readonly #routes = new Map<string, Map<string, RouteTimes>>()

  observe(method: string, route: string, status: number, milliseconds: number): void {
    const times = this.#timesOf(method, route)
    const seconds = milliseconds / 1000
    let place = 0
    while (place < boundsSeconds.length && seconds > boundsSeconds[place]!) place++
    times.counts[place]! += 1
    times.sumSeconds += seconds
    times.statuses.set(status, (times.statuses.get(status) ?? 0) + 1)
  }

  #timesOf(method: string, route: string): RouteTimes {
    let methods = this.#routes.get(route)
    if (!methods) this.#routes.set(route, (methods = new Map()))
    let times = methods.get(method)
    if (!times) methods.set(method, (times = noTimes(method, route)))
    return times
  }

  render(): string {
    const all = [...this.#routes.values()].flatMap((methods) => [...methods.values()])
    return [
      '# HELP passerelle_http_request_seconds Time from the first byte of a request to the last of its answer',
      '# TYPE passerelle_http_request_seconds histogram',
      ...all.flatMap(renderTimes),
      '# HELP passerelle_http_answers_total Answers by status',
      '# TYPE passerelle_http_answers_total counter',
      ...all.flatMap(({ labels, statuses }) =>
        [...statuses].map(
          ([status, count]) =>
            `passerelle_http_answers_total{${labels},status="${status}"} ${count}`,
        ),
      ),
      '',
    ].join('\n')
  }
}

/** Methods and routes are those of our own table: nothing in them needs escaping. */
function noTimes(method: string, route: string): RouteTimes {
  return {
    labels: `method="${method}",route="${route}"`,
    counts: Array.from({ length: boundsSeconds.length + 1 }, () => 0),
    statuses: new Map(),
    sumSeconds: 0,
  }
}

function renderTimes({ labels, counts, sumSeconds }: RouteTimes): string[] {
  const name = 'passerelle_http_request_seconds'
  let below = 0
  const buckets = counts.map((count, place) => {
    below += count
    return `${name}_bucket{le="${boundsSeconds[place] ?? '+Inf'}",${labels}} ${below}`
  })
  return [...buckets, `${name}_sum{${labels}} ${sumSeconds}`, `${name}_count{${labels}} ${below}`]
}
