-- What a node brings where Redis has an account, or a day, not yet or no longer: each step counts once, whoever does it.
local function fieldsOf(name) return base .. 'c:' .. name end

-- What the database has of an account: and as of which of each writer's batches.
for _, one in ipairs(ask.restore) do
  local name, dollars, nano, keepMs, seen = one[1], one[2], one[3], one[4], one[5]
  if not account(name) then
    redis.call('DEL', fieldsOf(name))
    redis.call('SET', base .. 'a:' .. name, struct.pack('>dddd', dollars, nano, 0, 0), 'PX', keepMs)
    redis.call('HSET', fieldsOf(name), 'seen', seen)
    redis.call('PEXPIRE', fieldsOf(name), keepMs)
    accounts[name] = nil
  end
end

-- What of that this process has in its own sums too.
for _, one in ipairs(ask.written) do
  local name, dollars, nano = one[1], one[2], one[3]
  if account(name) and redis.call('HSETNX', fieldsOf(name), 'w:' .. ask.writer, '1') == 1 then
    spend(name, -dollars, -nano)
  end
end

for _, one in ipairs(ask.spent) do
  local name, dollars, nano = one[1], one[2], one[3]
  if account(name) then
    local told = redis.call('HGET', fieldsOf(name), ask.teller)
    local before, beforeNano = 0, 0
    if told then before, beforeNano = struct.unpack('>dd', told) end
    if less(before, beforeNano, dollars, nano) then
      redis.call('HSET', fieldsOf(name), ask.teller, struct.pack('>dd', dollars, nano))
      spend(name, dollars - before, nano - beforeNano)
    end
  end
end

for _, one in ipairs(ask.held) do
  local id, dollars, nano, project, organization = one[1], one[2], one[3], one[4], one[5]
  if account(project) and account(organization) then
    local record = cmsgpack.pack({ dollars, nano, project, organization })
    if redis.call('HSETNX', base .. 'r:' .. ask.lease, id, record) == 1 then
      hold(project, dollars, nano)
      hold(organization, dollars, nano)
    end
  end
end

if ask.days and found[3] ~= epoch then
  local names = {}
  for i, day in ipairs(ask.days) do names[i] = day[1] end
  load(names)
  for _, day in ipairs(ask.days) do
    local w, level, limit = windows[day[1]], day[2], day[3]
    if w.born == 0 then claim(w, limit, 86400000) end
    w.level, w.settled = larger(levelOf(w, 0), level), larger(drained(w.settled, w, 0), level)
    w.at = now
    changed[w.name] = w
  end
  redis.call('SET', base .. 'days', epoch, 'PX', 3456000000)
end

save()

local states = {}
for i, name in ipairs(ask.join) do
  if not account(name) then
    states[i] = '-'
  elseif redis.call('HEXISTS', fieldsOf(name), 'w:' .. ask.writer) == 1 then
    states[i] = 'd'
  else
    states[i] = redis.call('HGET', fieldsOf(name), 'seen') or '{}'
  end
end

-- Of days that were not restored yet nothing can be said.
local levels = {}
if redis.call('GET', base .. 'days') == epoch then
  load(ask.levels)
  for i, name in ipairs(ask.levels) do
    local w = windows[name]
    levels[i] = w.born == 0 and '0 0' or text(levelOf(w, 0)) .. ' ' .. text(w.limit)
  end
end
return { real, 'ok', states, levels }
