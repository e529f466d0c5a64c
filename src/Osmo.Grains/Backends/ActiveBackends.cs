using System.Collections.Concurrent;
using Osmo.Grains.Nodes;

namespace Osmo.Grains.Backends;

/// <summary>The registered backends whose grains are active on this silo, with their rosters. One for each silo.</summary>
public sealed class ActiveBackends
{
    private readonly ConcurrentDictionary<string, Roster> _rosters = new(StringComparer.Ordinal);

    /// <summary>Whether a backend is active here.</summary>
    public bool Has(string backend) => _rosters.ContainsKey(backend);

    /// <summary>Every backend that is active here, with its number of nodes.</summary>
    public IReadOnlyList<(string Backend, long Nodes)> List() => [.. _rosters.Select(entry => (entry.Key, (long)entry.Value.Count))];

    /// <summary>How many backends are active here, and how many nodes they have.</summary>
    public (int Backends, long Nodes) Count()
    {
        var (backends, nodes) = (0, 0L);
        foreach (var (_, roster) in _rosters)
        {
            backends++;
            nodes += roster.Count;
        }

        return (backends, nodes);
    }

    /// <summary>Backends with nodes that their agent judged available although what it reports speaks against that.</summary>
    public IEnumerable<(string Backend, int Nodes)> CountDisagreements() =>
        from entry in _rosters
        let nodes = entry.Value.Nodes.Count(node => node.Current.AgentDisagrees)
        where nodes > 0
        select (entry.Key, nodes);

    internal Roster? Find(string backend) => _rosters.GetValueOrDefault(backend);

    internal void Add(Roster roster) => _rosters[roster.Backend.Value] = roster;

    internal void Remove(Roster roster) => _rosters.TryRemove(new(roster.Backend.Value, roster));
}
