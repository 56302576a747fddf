-- For a settle that finds nothing pending: 2 if this very entry was settled before (the reply was lost), else 0.
local function settled_before(job, entry) return redis.pcall('HGET', job, 'settled') == entry and 2 or 0 end
