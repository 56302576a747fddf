-- The number that a text says in at most so many plain digits; else nil. Lua would also read nan, which cjson refuses to
-- write, and inf and -1e9, which a counter never uses up.
local function digits(text, most) return text and #text <= most and tonumber(string.match(text, '^%d+$')) or nil end
