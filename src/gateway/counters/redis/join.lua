-- What a node brings where Redis has an account, or a day, not yet or no longer: each step counts once, whoever does it.

-- Which life of an account it is: it begins with what the database has of it. Where only who has spent what is lost, what is held stays.
local function lifeOf(name)
  if not isWhole(name) then return '-' end
  return redis.call('HGET', fieldsOf(name), 'life') or ''
end

-- What the database has that nobody is known to have brought. Where the account has another life than when that was read, it is read again.
local isOther = {}
for _, one in ipairs(ask.restore) do
  local name, life, dollars, nano, keepMs = one[1], one[2], one[3], one[4], one[5]
  if life == '-' and not isWhole(name) then
    local before = account(name) or { held = 0, heldNano = 0 }
    redis.call('DEL', fieldsOf(name))
    redis.call('SET', base .. 'a:' .. name, struct.pack('>dddd', dollars, nano, before.held, before.heldNano), 'PX', keepMs)
    redis.call('HSET', fieldsOf(name), 'life', ask.life)
    redis.call('PEXPIRE', fieldsOf(name), keepMs)
    accounts[name], life = nil, ask.life
  end
  isOther[name] = lifeOf(name) ~= life
end

for _, one in ipairs(ask.spent) do
  if not isOther[one[1]] then tell(one[1], one[2], one[3], one[4]) end
end

for _, one in ipairs(ask.batches) do
  if not isOther[one[1]] then batchesHold(one[1], one[2], one[3], ask.since) end
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

local lives = {}
for i, name in ipairs(ask.join) do lives[i] = isOther[name] and '?' or lifeOf(name) end

-- Of days that were not restored yet nothing can be said.
local levels = {}
if redis.call('GET', base .. 'days') == epoch then
  load(ask.levels)
  for i, name in ipairs(ask.levels) do
    local w = windows[name]
    levels[i] = w.born == 0 and '0 0' or text(levelOf(w, 0)) .. ' ' .. text(w.limit)
  end
end
return { real, 'ok', lives, levels }
