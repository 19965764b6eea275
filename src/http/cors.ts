const METHODS = 'GET, OPTIONS'

/** Headers that let any site read a response. `methods`: the methods of the route, separated by commas. */
export function corsHeaders(methods: string): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Headers': 'X-Api-Key',
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Max-Age': '600',
  }
}

/** Makes a route readable by any site: GET and OPTIONS are answered, other methods, including HEAD, are refused. */
export function openToPages(answer: (request: Request) => Response | Promise<Response>) {
  return async ({ request }: { request: Request }): Promise<Response> => {
    const response = await answerTo(request, answer)
    for (const [name, value] of Object.entries(corsHeaders(METHODS))) response.headers.set(name, value)
    return response
  }
}

async function answerTo(request: Request, answer: Parameters<typeof openToPages>[0]): Promise<Response> {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204 })
  return request.method === 'GET'
    ? await answer(request)
    : new Response(null, { status: 405, headers: { Allow: METHODS } })
}
