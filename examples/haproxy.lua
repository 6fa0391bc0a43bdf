-- Asks Gatehouse's check door about a request. A refusal goes to the client as it is; no answer is a refusal too.
local passed_on = { 'authorization', 'x-api-key', 'anthropic-version', 'openai-organization', 'openai-project', 'user-agent' }
local known_as = { 'x-gatehouse-organization', 'x-gatehouse-project', 'x-gatehouse-key', 'x-gatehouse-user' }
local hop_by_hop = { connection = true, ['content-length'] = true, ['keep-alive'] = true, ['transfer-encoding'] = true }

-- HAProxy counts values from 0 where it gives them, and from 1 where it takes them.
local function values(given)
  local list = {}
  for i = 0, #given do list[i + 1] = given[i] end
  return list
end

core.register_action('gatehouse', { 'http-req' }, function(txn, url)
  local given = txn.http:req_get_headers()
  local headers = {
    ['x-original-method'] = { txn.sf:method() },
    ['x-original-uri'] = { txn.sf:url() },
    ['x-forwarded-for'] = { txn.sf:src() },
  }
  for _, name in ipairs(passed_on) do
    if given[name] then headers[name] = values(given[name]) end
  end
  local answer = core.httpclient():get({ url = url, headers = headers, timeout = 10000 })
  if answer and answer.status == 200 then
    for _, name in ipairs(known_as) do
      txn.http:req_set_header(name, answer.headers[name][0])
    end
    return
  end
  local reply = txn:reply({ status = answer and answer.status > 200 and answer.status or 503 })
  for name, list in pairs(answer and answer.headers or {}) do
    if not hop_by_hop[name] then
      for _, value in ipairs(values(list)) do reply:add_header(name, value) end
    end
  end
  if answer and answer.body then reply:set_body(answer.body) end
  txn:done(reply)
end, 1)
