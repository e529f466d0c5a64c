namespace Osmo.KubeSim.Objects;

internal enum FieldKind
{
    Text,
    Number,
    Flag,
    Timestamp,
    Quantity,
    /// <summary>A Go struct held by value: always written, with its required fields.</summary>
    Struct,
    /// <summary>A Go struct held by pointer: written only when present.</summary>
    OptionalStruct,
    /// <summary>string to <see cref="FieldSchema.Item"/>; dropped when empty.</summary>
    Map,
    List,
    /// <summary>Passed through untouched (fieldsV1).</summary>
    Opaque,
}

/// <summary>
/// What the API server knows about one field: enough to put fields into the order it writes them, to leave out what Go's
/// omitempty leaves out, to name unknown fields, to report a wrong type and to merge lists as a strategic merge patch does.
/// </summary>
internal sealed class FieldSchema
{
    private Dictionary<string, FieldSchema>? _byName;

    public required FieldKind Kind { get; init; }

    /// <summary>The Go type's name as it appears in decoding errors.</summary>
    public string TypeName { get; init; } = "";

    public IReadOnlyList<(string Name, FieldSchema Schema)> Fields { get; init; } = [];

    public FieldSchema? Item { get; init; }

    /// <summary>Written even when empty.</summary>
    public bool Required { get; init; }

    /// <summary>patchStrategy=merge: by this key, or by value when it is empty. Null: the list is replaced as a whole.</summary>
    public string? MergeKey { get; init; }

    public FieldSchema? Find(string name)
    {
        var byName = _byName;
        if (byName is null)
        {
            byName = Fields.ToDictionary(f => f.Name, f => f.Schema, StringComparer.Ordinal);
            _byName = byName;
        }

        return byName.GetValueOrDefault(name);
    }
}
