-- wrk's script: post the lines of a file, from a given one on, and print the outcome.
-- Arguments: the file, and how many of its lines were used before.
local lines, at = {}, 0

function init(args)
  at = tonumber(args[2])
  for line in io.lines(args[1]) do
    lines[#lines + 1] = line
  end
end

function request()
  at = at % #lines + 1
  local path, signature, form = lines[at]:match("^(%S+)\t(%S+)\t(.*)$")
  return wrk.format("POST", path, {
    ["Host"] = "varsko.test",
    ["User-Agent"] = "TwilioProxy/1.1",
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["X-Twilio-Signature"] = signature,
  }, form)
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '{"answers": %d, "seconds": %.6f, "refused": %d}\n',
    summary.requests, summary.duration / 1e6,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout
  ))
end
