-- Takes the entries of maps out of a query, `metadata[team]=red`, and keeps them for put_query_maps.lua as bytes of the message, in
-- hexadecimal. The leaf of a path has the numbers of those fields by name; a parameter that is none of them is the transcoder's.

local char, floor, format, gsub, match = string.char, math.floor, string.format, string.gsub, string.match

local function decoded(text)
  local spaced = gsub(text, "%+", " ")
  return (gsub(spaced, "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

-- A text that is not UTF-8 is no text to the services.
local function is_utf8(text)
  text = gsub(text, "[\194-\223][\128-\191]", " ")
  text = gsub(text, "\224[\160-\191][\128-\191]", " ")
  text = gsub(text, "\237[\128-\159][\128-\191]", " ")
  text = gsub(text, "[\225-\236\238\239][\128-\191][\128-\191]", " ")
  text = gsub(text, "\240[\144-\191][\128-\191][\128-\191]", " ")
  text = gsub(text, "[\241-\243][\128-\191][\128-\191][\128-\191]", " ")
  text = gsub(text, "\244[\128-\143][\128-\191][\128-\191]", " ")
  return not string.find(text, "[\128-\255]")
end

-- The protobuf encoding of a whole number, and of a field that has a length.
local function varint(number)
  local bytes = ""
  while number >= 128 do
    bytes = bytes .. char(number % 128 + 128)
    number = floor(number / 128)
  end
  return bytes .. char(number)
end

local function field(number, bytes)
  return varint(number * 8 + 2) .. varint(#bytes) .. bytes
end

-- The entry that a parameter is, as bytes of the message; nil if it is none, false if it is not text.
local function entry_of(parameter, numbers)
  local name, value = match(parameter, "^([^=]*)=?(.*)$")
  local map, key = match(decoded(name), "^([%w_]+)%[(.*)%]$")
  local number = map and numbers[map]
  if not number then return nil end
  value = decoded(value)
  return is_utf8(key .. value) and field(number, field(1, key) .. field(2, value))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local path, query = match(headers:get(":path"), "^([^?]*)%?(.+)$")
  local numbers = path and leaf_of(headers:get(":method"), path)
  if not numbers then return end
  local entries, rest = "", {}
  for parameter in string.gmatch(query, "[^&]+") do
    local entry = entry_of(parameter, numbers)
    if entry == nil then
      rest[#rest + 1] = parameter
    elseif entry then
      entries = entries .. entry
    else
      handle:respond({[":status"] = "400"}, "A query is UTF-8.")
      return
    end
  end
  if entries == "" then return end
  headers:replace(":path", path .. (#rest > 0 and "?" .. table.concat(rest, "&") or ""))
  local digits = gsub(entries, ".", function(byte) return format("%02x", string.byte(byte)) end)
  handle:streamInfo():dynamicMetadata():set("bursar.query_maps", "entries", digits)
end
