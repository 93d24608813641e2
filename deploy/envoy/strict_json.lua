-- Refuses a JSON body with a field that the method's request message does not have. The transcoder drops such
-- a field silently, and a misspelled optional field would then change what is done.
--
-- The leaf of a path is the name of the message that the body is. Above this text stands MESSAGES, which has the fields of each message:
-- false is not looked into, a text is a message, {map = ...} is a map of such.
-- Malformed JSON is let through, for the transcoder says better what is wrong with it; but not where the transcoder would
-- read more into it than JSON allows: names without double quotes, texts in single quotes.

local DEEPEST = 100

local find, byte, sub = string.find, string.byte, string.sub
local QUOTE, SINGLE_QUOTE, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY, COLON, COMMA = 34, 39, 123, 125, 91, 93, 58, 44

-- Takes the place of the opening quote; returns what is between the quotes and the place after.
local function text_at(json, at)
  local place = at
  while true do
    place = find(json, '["\\]', place + 1)
    if place == nil then return nil, nil end
    if byte(json, place) == QUOTE then return sub(json, at + 1, place - 1), place + 1 end
    place = place + 1
  end
end

-- What stands where a name in double quotes should, or nil if nothing that anybody would take for one.
local function bare_name(json, at)
  return string.match(json, "^'?[%w_$.-]+'?", at)
end

local scan

local function scan_object(json, at, fields, depth)
  at = find(json, "%S", at + 1)
  if at and byte(json, at) == CLOSE_OBJECT then return at + 1 end
  while at and byte(json, at) == QUOTE do
    local name, after = text_at(json, at)
    local kind = false
    if name and fields then
      kind = fields[1]
      if kind == nil then kind = fields[name] end
      if kind == nil then return nil, name end
    end
    at = after and find(json, "%S", after)
    if not at or byte(json, at) ~= COLON then return nil end
    local unknown
    at, unknown = scan(json, at + 1, kind, depth)
    if unknown then return nil, unknown end
    at = at and find(json, "%S", at)
    if not at then return nil end
    if byte(json, at) == CLOSE_OBJECT then return at + 1 end
    if byte(json, at) ~= COMMA then return nil end
    at = find(json, "%S", at + 1)
  end
  return nil, at and bare_name(json, at)
end

local function scan_array(json, at, kind, depth)
  at = find(json, "%S", at + 1)
  if at and byte(json, at) == CLOSE_ARRAY then return at + 1 end
  while at do
    local unknown
    at, unknown = scan(json, at, kind, depth)
    if unknown then return nil, unknown end
    at = at and find(json, "%S", at)
    if not at then return nil end
    if byte(json, at) == CLOSE_ARRAY then return at + 1 end
    if byte(json, at) ~= COMMA then return nil end
    at = at + 1
  end
  return nil
end

-- Returns the place after the value that begins at or after `at`, or nil and the unknown field's name, or nil alone.
function scan(json, at, kind, depth)
  at = find(json, "%S", at)
  if not at or depth > DEEPEST then return nil end
  local first = byte(json, at)
  if first == OPEN_OBJECT then
    local fields = nil
    if type(kind) == "table" then fields = {kind.map} elseif kind then fields = MESSAGES[kind] end
    return scan_object(json, at, fields, depth + 1)
  elseif first == OPEN_ARRAY then
    return scan_array(json, at, kind, depth + 1)
  elseif first == QUOTE then
    local _, after = text_at(json, at)
    return after
  elseif first == SINGLE_QUOTE then
    return nil, "'"
  end
  return (find(json, "[,%]}%s]", at))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local message = leaf_of(headers:get(":method"), headers:get(":path"))
  if not message then return end
  local body = handle:body()
  if body == nil then return end
  local _, unknown = scan(body:getBytes(0, body:length()), 1, message, 0)
  if unknown then
    handle:respond({[":status"] = "400"}, "There is no field '" .. sub(unknown, 1, 100) .. "' here.")
  end
end
