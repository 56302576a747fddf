-- A flat list of names and values as a table: an entry, a hash, or a row of XINFO.
local function to_table(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end
