// `GET /metrics`, for Prometheus.

import type { Endpoint } from './endpoint.ts'
import type { Metrics } from './metrics.ts'

export function metricsEndpoint(metrics: Metrics): Endpoint {
  return {
    method: 'GET',
    path: '/metrics',
    scope: 'read',
    handle: async () => ({
      status: 200,
      headers: { 'content-type': metrics.contentType },
      body: await metrics.text(),
    }),
  }
}
