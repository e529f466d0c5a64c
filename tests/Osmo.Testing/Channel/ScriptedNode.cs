using Osmo.Protocol.Agent.V1;

namespace Osmo.Testing.Channel;

/// <summary>A node as a scripted agent reports it.</summary>
public sealed record ScriptedNode(string Name, params (string Type, string Status)[] Conditions)
{
    public string Uid { get; init; } = $"uid-{Name}";

    public bool Unschedulable { get; init; }

    public string? VerifiedLabel { get; init; }

    public (string Key, string Value)[]? Labels { get; init; } = [("kubernetes.io/hostname", Name)];

    public (string Name, string Quantity)[] Allocatable { get; init; } = [("nvidia.com/gpu", "8")];

    public static ScriptedNode Ready(string name) => new(name, ("Ready", "True"), ("DiskPressure", "False"));

    public static ScriptedNode NotReady(string name) => new(name, ("Ready", "False"), ("DiskPressure", "False"));

    public static NodeBatch Batch(ulong sequence, IEnumerable<ScriptedNode> nodes, params string[] deleted)
    {
        var batch = new NodeBatch { Sequence = sequence };
        var symbols = new Dictionary<string, uint>();
        foreach (var node in nodes)
        {
            var state = new NodeState { Name = node.Name, Uid = node.Uid, Unschedulable = node.Unschedulable };
            if (node.VerifiedLabel is not null)
            {
                state.VerifiedLabel = node.VerifiedLabel;
            }

            foreach (var (type, status) in node.Conditions)
            {
                state.Conditions.Add([Symbol(type), Symbol(status)]);
            }

            if (node.Labels is not null)
            {
                state.Facts = new NodeFacts();
                foreach (var (key, value) in node.Labels)
                {
                    state.Facts.Labels.Add([Symbol(key), Symbol(value)]);
                }

                foreach (var (name, quantity) in node.Allocatable)
                {
                    state.Facts.Allocatable.Add([Symbol(name), Symbol(quantity)]);
                }
            }

            batch.Upserts.Add(state);
        }

        batch.Deletions.Add(deleted.Select(name => new NodeDeletion { Name = name }));
        return batch;

        uint Symbol(string text)
        {
            if (!symbols.TryGetValue(text, out var index))
            {
                symbols.Add(text, index = (uint)batch.Symbols.Count);
                batch.Symbols.Add(text);
            }

            return index;
        }
    }
}
