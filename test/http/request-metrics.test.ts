import t from 'tap'
import { RequestMetrics } from '../../src/http/request-metrics.ts'

t.test('counts answers by route, time and status as Prometheus reads them', async (t) => {
  const metrics = new RequestMetrics()
  metrics.observe('GET', '/fhir/:type/:id', 200, 2)
  metrics.observe('GET', '/fhir/:type/:id', 404, 0.5)
  metrics.observe('GET', '/fhir/:type/:id', 200, 60_000)
  const lines = metrics.render().split('\n')
  const labels = 'method="GET",route="/fhir/:type/:id"'
  const name = 'passerelle_http_request_seconds'
  for (const line of [
    `# TYPE ${name} histogram`,
    `${name}_bucket{le="0.001",${labels}} 1`,
    `${name}_bucket{le="0.003",${labels}} 2`,
    `${name}_bucket{le="10",${labels}} 2`,
    `${name}_bucket{le="+Inf",${labels}} 3`,
    `${name}_sum{${labels}} 60.0025`,
    `${name}_count{${labels}} 3`,
    `passerelle_http_answers_total{${labels},status="200"} 2`,
    `passerelle_http_answers_total{${labels},status="404"} 1`,
  ])
    t.ok(lines.includes(line), line)
  t.equal(lines.at(-1), '', 'the last line ends')
})
