using System.Text.Json;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Nodes;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Mapping;

/// <summary>What calls carry.</summary>
internal static class CallMessages
{
    public static Proto.Configure Write(ConfigEdit edit, Audit audit, long? expectedRevision)
    {
        var message = new Proto.Configure { Audit = Write(audit) };
        switch (edit)
        {
            case ReplaceFields replace:
                message.ReplaceFields = replace.Configs.GetRawText();
                break;
            case MergePatch merge:
                message.MergePatch = merge.Patch.GetRawText();
                break;
            default:
                throw new NotSupportedException($"{edit.GetType().Name} has no message; add one to the cluster protocol.");
        }

        if (expectedRevision is { } expected)
        {
            message.ExpectedRevision = expected;
        }

        return message;
    }

    /// <exception cref="WireFormatException">The message is not whole, or its JSON is none.</exception>
    public static ConfigEdit ReadEdit(Proto.Configure message) => message.EditCase switch
    {
        Proto.Configure.EditOneofCase.ReplaceFields => new ReplaceFields(Json(message.ReplaceFields)),
        Proto.Configure.EditOneofCase.MergePatch => new MergePatch(Json(message.MergePatch)),
        _ => throw new WireFormatException("A change of a configuration came without the change, or with an unknown kind of it."),
    };

    public static Proto.Delete Write(Audit audit, long? expectedRevision)
    {
        var message = new Proto.Delete { Audit = Write(audit) };
        if (expectedRevision is { } expected)
        {
            message.ExpectedRevision = expected;
        }

        return message;
    }

    /// <exception cref="WireFormatException">There is none.</exception>
    public static Audit Read(Proto.Audit? message) => message is null
        ? throw new WireFormatException("A change came without who makes it.")
        : new Audit(
            message.Username,
            message.HasDescription ? message.Description : null,
            new TextList([.. message.Tags]),
            message.HasRequestKey ? new RequestId(message.RequestKey, message.RequestDigest) : null);

    public static Proto.ListNodes Write(NodeQuery query)
    {
        var message = new Proto.ListNodes { Limit = query.Limit };
        if (query.Available is { } available)
        {
            message.Available = available;
        }

        if (query.Labels is { } labels)
        {
            message.LabelSelector = labels.Text;
        }

        if (query.ConditionType is { } type)
        {
            message.ConditionType = type;
        }

        if (query.ConditionStatus is { } status)
        {
            message.ConditionStatus = status;
        }

        if (query.After is { } after)
        {
            message.After = after;
        }

        return message;
    }

    /// <exception cref="WireFormatException">The label selector does not parse.</exception>
    public static NodeQuery Read(Proto.ListNodes message)
    {
        LabelSelector? labels = null;
        if (message.HasLabelSelector && !LabelSelector.TryParse(message.LabelSelector, out labels, out var problem))
        {
            throw new WireFormatException(problem);
        }

        return new NodeQuery
        {
            Available = message.HasAvailable ? message.Available : null,
            Labels = labels,
            ConditionType = message.HasConditionType ? message.ConditionType : null,
            ConditionStatus = message.HasConditionStatus ? message.ConditionStatus : null,
            After = message.HasAfter ? message.After : null,
            Limit = Math.Clamp(message.Limit, 1, NodeQuery.LimitMax),
        };
    }

    public static Proto.Placement Write(BackendPlacement placement)
    {
        var message = new Proto.Placement { Silo = placement.Silo, Shard = placement.Shard };
        if (placement.Epoch is { } epoch)
        {
            message.Epoch = epoch;
        }

        return message;
    }

    public static BackendPlacement Read(Proto.Placement message) =>
        new(message.Silo, message.Shard, message.HasEpoch ? message.Epoch : null);

    private static Proto.Audit Write(Audit audit)
    {
        var message = new Proto.Audit { Username = audit.Username };
        message.Tags.AddRange(audit.Tags.Items);
        if (audit.Description is { } description)
        {
            message.Description = description;
        }

        if (audit.Request is { } request)
        {
            message.RequestKey = request.Key;
            message.RequestDigest = request.Digest;
        }

        return message;
    }

    private static JsonElement Json(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException failure)
        {
            throw new WireFormatException($"A change of a configuration is no JSON: {failure.Message}");
        }
    }
}
