-- wrk: POST the lines of a file in turn, each a body. Arguments: the file, then "Name: value" headers.
-- At the end one line of JSON: what was answered, how fast, and which replies were not 200.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  bodies, at, others = {}, 0, 0
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  local headers = { ["Content-Type"] = "application/json" }
  for i = 2, #args do
    local name, value = args[i]:match("^([^:]+):%s*(.*)$")
    headers[name] = value
  end
  ready = {}
  for i, body in ipairs(bodies) do ready[i] = wrk.format("POST", nil, headers, body) end
  at = number * 7919 % #ready
end

function request()
  at = at % #ready + 1
  return ready[at]
end

function response(status, headers, body)
  if status ~= 200 then others = others + 1 end
end

function done(summary, latency, requests)
  local others = 0
  for _, thread in ipairs(threads) do others = others + thread:get("others") end
  local e = summary.errors
  io.write(string.format(
    'JSON {"requests": %d, "seconds": %.6f, "not_200": %d, "broken": %d, "p50_ms": %.4f, "p90_ms": %.4f, "p99_ms": %.4f, "max_ms": %.4f}\n',
    summary.requests, summary.duration / 1e6, others, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
