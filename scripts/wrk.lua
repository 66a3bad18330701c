-- Prints wrk's figures on one line: requests/s, p50 and p99 in milliseconds, failed requests.
-- Read errors are left out: wrk counts one for each answer of a server that closes the connection after it
-- (HTTP/1.0, as Patroni's), and a connection that ends without an answer is not counted as a request anyway.
done = function(summary, latency)
  local e = summary.errors
  print(string.format("figures %.0f %.2f %.2f %d",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.write + e.status + e.timeout))
end
