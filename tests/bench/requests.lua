-- What wrk sends. Arguments after `--`: the folder of the prepared files, the operation, the first line to use.
--
-- `tokens` holds one access token a line; `<operation>` holds "<number of the token> <path>" a line, in random
-- order. Reads go round the lines; a write uses each line once, under an idempotency key that is never used again.

local sent = 0
local lines = {}
local first = 1
local total = 0
local is_write = false
local run = ""

local function request_for(line, extra)
  local headers = "Host: bench\r\nAuthorization: Bearer " .. line.token .. "\r\n"
  return line.method .. " " .. line.path .. " HTTP/1.1\r\n" .. headers .. extra
end

function init(args)
  local folder, operation, start, stamp = args[1], args[2], tonumber(args[3]), args[4]
  is_write = operation == "W"
  run = stamp
  local tokens = {}
  for token in io.lines(folder .. "/tokens") do
    tokens[#tokens + 1] = token
  end
  local most = is_write and start + 400000 or 20000
  local at = 0
  for text in io.lines(folder .. "/" .. operation) do
    at = at + 1
    if at > most then break end
    if at > start then
      local number, path = text:match("^(%d+) (.+)$")
      local line = { method = is_write and "POST" or "GET", path = path, token = tokens[tonumber(number) + 1] or "" }
      -- A read never changes, so it is made only once.
      lines[#lines + 1] = is_write and line or request_for(line, "\r\n")
    end
  end
  total = #lines
  if is_write then
    local file = io.open(folder .. "/body")
    body = file:read("*a")
    file:close()
    tail = "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  end
end

function request()
  sent = sent + 1
  if not is_write then
    return lines[(sent - 1) % total + 1]
  end
  local line = lines[sent]
  if not line then
    -- Nothing is left to write: what is sent now is refused, and the run with it.
    return "GET /nothing-left HTTP/1.1\r\nHost: bench\r\n\r\n"
  end
  return request_for(line, "Idempotency-Key: bench-" .. run .. "-" .. sent .. tail)
end

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"max":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
