-- Gives a call without deadline one, and shortens one that is too long: services refuse calls that may last for ever.
-- MOST_SECONDS stands above this text.

local SECONDS_OF = {H = 3600, M = 60, S = 1, m = 1e-3, u = 1e-6, n = 1e-9}

function envoy_on_request(handle)
  local headers = handle:headers()
  local number, unit = string.match(headers:get("grpc-timeout") or "", "^(%d+)([HMSmun])$")
  if number == nil or #number > 8 or tonumber(number) * SECONDS_OF[unit] > MOST_SECONDS then
    headers:replace("grpc-timeout", MOST_SECONDS .. "S")
  end
end
