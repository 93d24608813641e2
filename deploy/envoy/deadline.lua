-- Gives a call without deadline one, and shortens one that is too long: services refuse calls that may last for ever.
-- MOST_SECONDS stands above this text, and MOST_SECONDS_OF for the paths that have longer.

local SECONDS_OF = {H = 3600, M = 60, S = 1, m = 1e-3, u = 1e-6, n = 1e-9}

function envoy_on_request(handle)
  local headers = handle:headers()
  local most = MOST_SECONDS_OF[string.match(headers:get(":path"), "^[^?]*")] or MOST_SECONDS
  local number, unit = string.match(headers:get("grpc-timeout") or "", "^(%d+)([HMSmun])$")
  if number == nil or #number > 8 or tonumber(number) * SECONDS_OF[unit] > most then
    headers:replace("grpc-timeout", most .. "S")
  end
end
