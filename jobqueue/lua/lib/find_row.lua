-- The row with this name in a reply of XINFO, as a table; nil if there's none.
-- @include ask to_table
local function find_row(name, ...)
  for _, flat in ipairs(ask('XINFO', ...)) do
    local row = to_table(flat)
    if row.name == name then return row end
  end
end
