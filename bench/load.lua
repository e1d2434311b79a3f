-- wrk's script: one signed webhook after the other. Arguments: the template of a request, the file
-- of signatures and conversations (webhooks.js), and how many of them to skip.
local head, middle, tail
local signatures, conversations, count, at = {}, {}, 0, 0

local function split(text, mark)
  local from, to = text:find(mark, 1, true)
  return text:sub(1, from - 1), text:sub(to + 1)
end

function init(arguments)
  local template = io.open(arguments[1], "rb")
  head, tail = split(template:read("*a"), "{signature}")
  middle, tail = split(tail, "{conversation}")
  template:close()
  for line in io.lines(arguments[2]) do
    count = count + 1
    signatures[count], conversations[count] = line:match("^(%S+) (%S+)$")
  end
  at = tonumber(arguments[3])
end

function request()
  at = at % count + 1
  return head .. signatures[at] .. middle .. conversations[at] .. tail
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"seconds":%.6f,"p50":%.3f,"p90":%.3f,"p99":%.3f,"max":%.3f,"mean":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, latency.mean / 1000, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
