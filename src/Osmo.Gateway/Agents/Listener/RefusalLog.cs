using System.Collections.Concurrent;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>
/// Which refusals of OSMO agents to log: one that is refused comes again every three seconds on each of its connections, for ever, and
/// one line a minute tells as much. Bounded: past <see cref="BackendsMax"/> it forgets what it holds, which costs a line each.
/// </summary>
internal sealed class RefusalLog(TimeProvider time)
{
    private const int BackendsMax = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(BackendName Backend, AgentRefusal Reason), DateTimeOffset> _last = [];

    /// <summary>Whether this one is to be logged; if so, the next ones are not for a while.</summary>
    public bool IsDue(BackendName backend, AgentRefusal reason)
    {
        var now = time.GetUtcNow();
        if (_last.TryGetValue((backend, reason), out var last) && now - last < Interval)
        {
            return false;
        }

        if (_last.Count >= BackendsMax)
        {
            _last.Clear();
        }

        _last[(backend, reason)] = now;
        return true;
    }
}
