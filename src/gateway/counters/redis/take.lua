-- All calls of one turn of a node: what ended is settled, what begins is taken, each whole or not at all, in their order.
local lease = base .. 'r:' .. ask.lease

-- What nodes have reserved that say nothing any more comes back, by whoever says next that it is alive.
if ask.renew then
  redis.call('ZADD', base .. 'l', string.format('%.0f', now + ask.renew), ask.lease)
  redis.call('PEXPIRE', base .. 'l', 3456000000)
  redis.call('PEXPIRE', lease, 3456000000)
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', base .. 'l', '-inf', string.format('%.0f', now), 'LIMIT', 0, 4)) do
    local key = base .. 'r:' .. dead
    local page = redis.call('HSCAN', key, 0, 'COUNT', 500)
    local records, ids, names = {}, {}, {}
    for i = 1, #page[2], 2 do
      ids[#ids + 1] = page[2][i]
      records[#records + 1] = cmsgpack.unpack(page[2][i + 1])
      namesIn(records[#records], names)
    end
    load(names)
    for _, record in ipairs(records) do forget(record) end
    for from = 1, #ids, 1000 do redis.call('HDEL', key, unpack(ids, from, smaller(#ids, from + 999))) end
    if page[1] == '0' then redis.call('ZREM', base .. 'l', dead) end
  end
end

local names = {}
for _, window in ipairs(ask.windows) do names[#names + 1] = window[1] end

-- What is unknown was settled before, has come back from a node that was thought dead, or is lost.
local known, settled = {}, {}
if #ask.settles > 0 then
  local ids = {}
  for i, settle in ipairs(ask.settles) do ids[i] = settle[1] end
  local records = redis.call('HMGET', lease, unpack(ids))
  local gone = {}
  for i, packed in ipairs(records) do
    settled[i] = packed and '1' or '0'
    if packed then
      known[i] = cmsgpack.unpack(packed)
      namesIn(known[i], names)
      gone[#gone + 1] = ids[i]
    end
  end
  if #gone > 0 then redis.call('HDEL', lease, unpack(gone)) end
end
load(names)
for i, settle in ipairs(ask.settles) do
  if known[i] then forget(known[i], settle[2]) end
end

-- What calls used that Redis knows nothing of any more.
for _, late in ipairs(ask.late) do
  local window = ask.windows[late[1]]
  correct(windows[window[1]], late[2], window[2], 0, 0, 0, late[3])
end

local lost = {}
for _, one in ipairs(ask.spent) do
  if not tell(one[1], ask.writer, one[2], one[3]) then lost[#lost + 1] = one[1] end
end

local function hasRoom(a, dollars, nano, limit, limitNano)
  if limit == cjson.null then return true end
  if not less(a.spent, a.spentNano, limit, limitNano) then return false end
  local all, allNano = sum(a.spent + a.held + a.batches + dollars, a.spentNano + a.heldNano + a.batchesNano + nano)
  return not less(limit, limitNano, all, allNano)
end

local function short(who, a, limit, limitNano)
  return who .. (less(a.spent, a.spentNano, limit, limitNano) and '0' or '1')
end

local kept = {}

local function take(call)
  local costs, money = call[2], call[3]
  local project, organization
  if money then
    project, organization = account(money[1]), account(money[2])
    if not project or not organization then return 'A' end
    local isLimited = money[5] ~= cjson.null or money[7] ~= cjson.null
    if isLimited and left > 0 then return 'G' .. left end
    if not hasRoom(project, money[3], money[4], money[5], money[6]) then return short('p', project, money[5], money[6]) end
    if not hasRoom(organization, money[3], money[4], money[7], money[8]) then
      return short('o', organization, money[7], money[8])
    end
  end
  local levels, hasAll = {}, true
  for at = 1, #costs, 3 do
    local window, limit, cost = ask.windows[costs[at]], costs[at + 1], costs[at + 2]
    if window[2] >= 86400000 and found[3] ~= epoch then return 'D' end
    local level = levelOf(windows[window[1]], limit)
    if cost ~= 0 and level + cost > limit + limit * 1e-10 then hasAll = false end
    levels[#levels + 1] = level
  end
  if not hasAll then
    local paces = {}
    for at = 1, #costs, 3 do
      local w, i = windows[ask.windows[costs[at]][1]], #paces + 1
      paces[i] = text(w.born == 0 and costs[at + 1] or larger(costs[at + 1], w.limit))
      levels[i] = text(levels[i])
    end
    return 'f' .. table.concat(levels, ' ') .. ' ' .. table.concat(paces, ' ')
  end
  local record = money and { money[3], money[4], money[1], money[2] } or { 0, 0, false, false }
  for i = 1, #levels do
    local at = i * 3 - 2
    local window, limit, cost = ask.windows[costs[at]], costs[at + 1], costs[at + 2]
    local w = windows[window[1]]
    if cost ~= 0 then
      if w.born == 0 then claim(w, limit, window[2]) end
      levels[i] = levels[i] + cost
      w.settled = drained(w.settled, w, limit)
      w.open, w.level, w.at, w.taken, w.limit, w.period = w.open + cost, levels[i], now, w.taken + cost, limit, window[2]
      changed[w.name] = w
    end
    local n = #record
    record[n + 1], record[n + 2], record[n + 3] = w.name, window[2], limit
    record[n + 4], record[n + 5], record[n + 6] = w.born, w.born == 0 and 0 or w.taken, cost
    levels[i] = text(levels[i])
  end
  if money then
    hold(money[1], money[3], money[4])
    hold(money[2], money[3], money[4])
  end
  kept[#kept + 1], kept[#kept + 2] = call[1], cmsgpack.pack(record)
  return 't' .. table.concat(levels, ' ')
end

local answers = {}
for i, call in ipairs(ask.takes) do answers[i] = take(call) end
if #kept > 0 then redis.call('HSET', lease, unpack(kept)) end
save()
return { real, 'ok', table.concat(settled), answers, lost }
