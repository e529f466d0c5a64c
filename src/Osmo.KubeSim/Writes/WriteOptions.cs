namespace Osmo.KubeSim.Writes;

/// <summary>fieldValidation: what becomes of fields that the API does not have.</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}

internal enum PatchKind
{
    Merge,
    StrategicMerge,
    Json,
}

/// <summary>Query parameters shared by all writes. <paramref name="StatusOnly"/>: the /status subresource.</summary>
internal sealed record WriteOptions(bool StatusOnly = false, bool DryRun = false, FieldValidation Validation = FieldValidation.Warn);

/// <summary>The object to answer with, and the unknown fields to warn about.</summary>
internal sealed record WriteResult(Storage.SimulatedNode Node, IReadOnlyList<string> UnknownFields);
