-- What both scripts begin with: the clock, the marker, windows and accounts.
-- KEYS[1] says that what Redis has is whole, KEYS[2] begins the keys of the organization: all others follow from it and are in
-- its slot. ARGV[1] is what is asked, as JSON; ARGV[2] the time in microseconds where a test has its own.
local marker, base = KEYS[1], KEYS[2]
local ask = cjson.decode(ARGV[1])
local real
if ARGV[2] == '' then
  local time = redis.call('TIME')
  real = time[1] * 1000000 + time[2]
else
  real = tonumber(ARGV[2])
end

-- Nobody waits any more for what has been on its way for so long; it was or will be asked again.
if ask.sent > 0 and real - ask.sent > ask.age then return { real, 'late' } end

local found = redis.call('MGET', marker, base .. 'clock', base .. 'days')

-- Where the marker is missing, Redis has lost what it had: everybody brings what they know before it counts.
local epoch, ready
if found[1] then
  local space = string.find(found[1], ' ', 1, true)
  epoch, ready = string.sub(found[1], 1, space - 1), tonumber(string.sub(found[1], space + 1))
else
  epoch, ready = ask.fresh, real + ask.gather
  redis.call('SET', marker, epoch .. ' ' .. string.format('%.0f', ready))
end
local left = math.ceil((ready - real) / 1000)
if epoch ~= ask.epoch then return { real, 'epoch', epoch } end

-- The organization's time: where Redis' own steps back, it goes on from where it was.
local last, offset = 0, 0
if found[2] then last, offset = struct.unpack('>dd', found[2]) end
local now = real + offset
if now < last then
  offset, now = last - real, last
end
redis.call('SET', base .. 'clock', struct.pack('>dd', now, offset), 'PX', 432000000)

local function larger(a, b) return a > b and a or b end
local function smaller(a, b) return a < b and a or b end

-- Windows, as the limiter in memory counts them: it says why.
local windows, changed = {}, {}

local function load(names)
  local missing, keys = {}, {}
  for _, name in ipairs(names) do
    if not windows[name] then
      windows[name] = { name = name, born = 0 }
      missing[#missing + 1], keys[#keys + 1] = name, base .. 'w:' .. name
    end
  end
  for from = 1, #keys, 1000 do
    local values = redis.call('MGET', unpack(keys, from, smaller(#keys, from + 999)))
    for i, value in ipairs(values) do
      if value then
        local w = windows[missing[from + i - 1]]
        w.born, w.level, w.at, w.taken, w.limit, w.period, w.settled, w.open = struct.unpack('>dddddddd', value)
      end
    end
  end
end

local function drained(amount, w, limit)
  local rest = amount - larger(0, now - w.at) / 1000 * larger(w.limit, limit) / w.period
  return rest > 0 and rest or 0
end

local function levelOf(w, limit)
  if w.born == 0 then return 0 end
  return smaller(drained(w.level, w, limit), drained(w.settled, w, limit) + w.open)
end

local function claim(w, limit, period)
  w.born, w.level, w.at, w.taken, w.limit, w.period, w.settled, w.open = now, 0, now, 0, limit, period, 0, 0
end

local function correct(w, limit, period, born, mark, taken, actual)
  local isOpen = born ~= 0 and w.born == born
  if not isOpen then
    if actual <= taken then return end
    if w.born == 0 then claim(w, limit, period) end
  end
  local before = drained(w.settled, w, 0)
  local level = smaller(drained(w.level, w, 0), before + w.open)
  local tooMuch = taken - actual
  if tooMuch <= 0 then
    level = level - tooMuch
  else
    level = larger(level - tooMuch, smaller(level, w.taken - mark))
  end
  local most = 3 * larger(limit, w.limit)
  w.settled = smaller(before + (isOpen and actual or larger(0, actual - taken)), most)
  if isOpen then w.open = larger(0, w.open - taken) end
  w.level = smaller(smaller(level, w.settled + w.open), most)
  w.at = now
  if actual > taken then w.taken = w.taken + actual - taken end
  changed[w.name] = w
end

-- Money in dollars and the nano-dollars beyond them: one number would not be exact.
local accounts, spending = {}, {}

local function account(name)
  local a = accounts[name]
  if a == nil then
    local value = redis.call('GET', base .. 'a:' .. name)
    a = false
    if value then
      a = { name = name, batches = 0, batchesNano = 0, batchesAt = 0 }
      a.spent, a.spentNano, a.held, a.heldNano = struct.unpack('>dddd', value)
      -- A node of the version before leaves these away: whoever joins next brings them.
      if #value >= 56 then a.batches, a.batchesNano, a.batchesAt = struct.unpack('>ddd', value, 33) end
    end
    accounts[name] = a
  end
  return a
end

local function sum(dollars, nano)
  local carry = math.floor(nano / 1000000000)
  return dollars + carry, nano - carry * 1000000000
end

local function less(dollars, nano, than, thanNano) return dollars < than or (dollars == than and nano < thanNano) end

local function hold(name, dollars, nano)
  local a = account(name)
  if not a then return end
  a.held, a.heldNano = sum(a.held + dollars, a.heldNano + nano)
  if a.held < 0 then a.held, a.heldNano = 0, 0 end
  spending[name] = a
end

local function spend(name, dollars, nano)
  local a = account(name)
  if not a then return end
  a.spent, a.spentNano = sum(a.spent + dollars, a.spentNano + nano)
  spending[name] = a
end

-- What batches hold that have not ended, as the database had it some time after a moment of Redis' clock: what was read later counts, and any
-- where the clock was set back since.
local function batchesHold(name, dollars, nano, at)
  local a = account(name)
  if not a or (at < a.batchesAt and a.batchesAt <= real) then return end
  a.batches, a.batchesNano, a.batchesAt = dollars, nano, at
  spending[name] = a
end

-- Who has spent what of an account.
local function fieldsOf(name) return base .. 'c:' .. name end

-- Whether Redis knows that: it may have evicted that alone, and then all would count twice that is told again.
local function isWhole(name) return account(name) and redis.call('EXISTS', fieldsOf(name)) == 1 end

-- What a process has spent in all since it began: said twice, by several of its threads or by others in its place, it counts once. Returns
-- whether it could be counted.
local function tell(name, writer, dollars, nano)
  if not account(name) then return false end
  local key = fieldsOf(name)
  local before, beforeNano = 0, 0
  local told = redis.call('HGET', key, writer)
  if told then
    before, beforeNano = struct.unpack('>dd', told)
  elseif not isWhole(name) then
    accounts[name] = false
    return false
  end
  if not less(before, beforeNano, dollars, nano) then return true end
  redis.call('HSET', key, writer, struct.pack('>dd', dollars, nano))
  spend(name, dollars - before, nano - beforeNano)
  return true
end

-- A call as it is kept until it is settled: its money and both accounts of it, then six of each window.
local function forget(record, costs)
  if record[3] then
    hold(record[3], -record[1], -record[2])
    hold(record[4], -record[1], -record[2])
  end
  local i = 0
  for at = 5, #record, 6 do
    i = i + 1
    local actual = costs and costs[i] or 0
    if actual ~= cjson.null then
      if actual < 0 or actual > 1e15 then actual = record[at + 5] end
      local w = windows[record[at]]
      if record[at + 5] ~= 0 or actual ~= 0 then
        correct(w, record[at + 2], record[at + 1], record[at + 3], record[at + 4], record[at + 5], actual)
      end
    end
  end
end

local function namesIn(record, names)
  for at = 5, #record, 6 do names[#names + 1] = record[at] end
end

local function save()
  for name, w in pairs(changed) do
    local drainMs = w.limit > 0 and w.level * w.period / w.limit or w.period
    local value = struct.pack('>dddddddd', w.born, w.level, w.at, w.taken, w.limit, w.period, w.settled, w.open)
    redis.call('SET', base .. 'w:' .. name, value, 'PX', string.format('%.0f', math.ceil(drainMs) + 10000))
  end
  for name, a in pairs(spending) do
    local value = struct.pack('>dddd', a.spent, a.spentNano, a.held, a.heldNano)
    if a.batchesAt > 0 then value = value .. struct.pack('>ddd', a.batches, a.batchesNano, a.batchesAt) end
    redis.call('SET', base .. 'a:' .. name, value, 'KEEPTTL')
  end
end

local function text(number) return string.format('%.17g', number) end
