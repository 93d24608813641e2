-- Above this text stands ROUTES: it leads from the HTTP method by the path's segments to a leaf ("{}" for a variable segment, "=" for
-- the leaf).

local function leaf_of(method, path)
  local node = ROUTES[method]
  for segment in string.gmatch(string.match(path, "^[^?]*"), "[^/]+") do
    if node == nil then return nil end
    local verb = string.match(segment, ":[^:]*$")
    node = node[segment] or (verb and node["{}" .. verb]) or node["{}"]
  end
  return node and node["="]
end
