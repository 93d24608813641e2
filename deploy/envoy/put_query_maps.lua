-- Puts what take_query_maps.lua took out of the query into the gRPC message that the transcoder made: appended fields are merged with
-- those before them. The message stands behind five bytes: not compressed, and its length.

local char, floor, gsub = string.char, math.floor, string.gsub

local function length_of(bytes)
  local number = #bytes
  return char(floor(number / 16777216) % 256, floor(number / 65536) % 256, floor(number / 256) % 256, number % 256)
end

function envoy_on_request(handle)
  local taken = handle:streamInfo():dynamicMetadata():get("bursar.query_maps")
  if not taken then return end
  local body = handle:body()
  local entries = gsub(taken.entries, "%x%x", function(digits) return char(tonumber(digits, 16)) end)
  local message = string.sub(body:getBytes(0, body:length()), 6) .. entries
  body:setBytes("\0" .. length_of(message) .. message)
end
