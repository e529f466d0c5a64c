using System.Text.Json.Nodes;
using Osmo.KubeSim.Api;
using Osmo.KubeSim.Objects;
using Osmo.KubeSim.Storage;
using Osmo.KubeSim.Validation;

namespace Osmo.KubeSim.Writes;

/// <summary>Create, update, patch and delete with the rules an API server has for nodes.</summary>
internal sealed class NodeWriter(NodeStore store, TimeProvider time)
{
    // Each attempt is lost only to another write of the same node that succeeded.
    private const int AttemptsMax = 100;

    // The real server checks the metadata of an update this often, and lists every problem as often among the causes.
    private const int UpdateValidations = 4;

    private const string NotReadyTaint = "node.kubernetes.io/not-ready";

    /// <summary>Creates a node as a client's POST does: with a fresh uid and tainted as not ready.</summary>
    public WriteResult Create(JsonObject body, WriteOptions options)
    {
        var canonicalizer = new Canonicalizer();
        var node = Decode(canonicalizer, body, options);
        var metadata = node["metadata"]!.AsObject();
        if (metadata.Text("resourceVersion") is not null)
        {
            throw new ApiException(new StatusBody(500, null, "resourceVersion should not be set on objects to be created"));
        }

        metadata.Remove("deletionTimestamp");
        metadata.Remove("deletionGracePeriodSeconds");
        metadata.Remove("selfLink");
        metadata.Remove("managedFields");
        metadata.Remove("uid");
        metadata.Remove("creationTimestamp");
        if (metadata.Text("name") is null && metadata.Text("generateName") is { } prefix)
        {
            metadata["name"] = prefix + Guid.NewGuid().ToString("N")[..5];
        }

        AddTaint(node["spec"]!.AsObject());
        var added = Add(node, options.DryRun);
        return new WriteResult(added, canonicalizer.UnknownFields);
    }

    /// <summary>Adds a node as given: its uid, times and taints are kept; a missing uid or creation time is filled in.</summary>
    public SimulatedNode Add(JsonObject body) => Add(Decode(new Canonicalizer(), body, new WriteOptions()), dryRun: false);

    public WriteResult Update(string name, JsonObject body, WriteOptions options)
    {
        var canonicalizer = new Canonicalizer();
        var node = Decode(canonicalizer, body, options);
        var metadata = node["metadata"]!.AsObject();
        if (metadata.Text("name") != name)
        {
            throw Failures.BadRequest($"the name of the object ({metadata.Text("name")}) does not match the name on the URL ({name})");
        }

        var written = Retry(name, current =>
        {
            var draft = NodeDraft.From(current);
            draft.Metadata = metadata.DeepClone().AsObject();
            draft.Spec = options.StatusOnly ? null : node["spec"]!.DeepClone().AsObject();
            draft.Status = options.StatusOnly ? node["status"]!.DeepClone().AsObject() : null;
            return Commit(current, draft, options, fillUid: true);
        });
        return new WriteResult(written, canonicalizer.UnknownFields);
    }

    public WriteResult Patch(string name, PatchKind kind, ReadOnlySpan<byte> body, WriteOptions options)
    {
        var patcher = NodePatcher.Parse(kind, body);
        IReadOnlyList<string> unknown = [];
        var written = Retry(name, current =>
        {
            var parts = patcher.Apply(current);
            var canonicalizer = new Canonicalizer();
            var draft = NodeDraft.From(current);
            try
            {
                var whole = canonicalizer.Struct(parts, NodeSchema.Node, "");
                draft.Metadata = parts.ContainsKey("metadata") ? whole["metadata"]!.AsObject() : null;
                draft.Spec = parts.ContainsKey("spec") && !options.StatusOnly ? whole["spec"]!.AsObject() : null;
                draft.Status = parts.ContainsKey("status") && options.StatusOnly ? whole["status"]!.AsObject() : null;
            }
            catch (SchemaTypeException e)
            {
                throw Failures.PatchedObjectInvalid(Json.ToText(patcher.ApplyToWhole(current)), e.Message);
            }

            unknown = canonicalizer.UnknownFields;
            if (options.Validation == FieldValidation.Strict && unknown.Count > 0)
            {
                throw Failures.PatchedObjectInvalid(Json.ToText(patcher.ApplyToWhole(current)), StrictError(unknown));
            }

            return Commit(current, draft, options, fillUid: false);
        });
        return new WriteResult(written, options.Validation == FieldValidation.Ignore ? [] : unknown);
    }

    /// <summary>
    /// Deletes, or with finalizers marks as being deleted. Returns the last state and whether it is gone.
    /// </summary>
    public (SimulatedNode Node, bool Gone) Delete(string name, string? uid, string? version, bool dryRun)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var current = store.Find(name) ?? throw Failures.NotFound("nodes", name);
            if (uid is not null && uid != current.Uid)
            {
                throw Failures.PreconditionFailed(name, "UID", uid, current.Uid);
            }

            if (version is not null && version != current.ResourceVersion)
            {
                throw Failures.PreconditionFailed(name, "ResourceVersion", version, current.ResourceVersion);
            }

            if (dryRun || (current.Facts.HasFinalizers && current.Facts.IsDeleting))
            {
                return (current, !current.Facts.HasFinalizers);
            }

            if (!current.Facts.HasFinalizers)
            {
                if (store.TryRemove(current) is { } removed)
                {
                    return (removed, true);
                }

                continue;
            }

            var draft = NodeDraft.From(current);
            draft.Metadata = MetadataOf(current);
            draft.Metadata["deletionTimestamp"] = Timestamp.Format(time.GetUtcNow());
            draft.Metadata["deletionGracePeriodSeconds"] = 0;
            var (segments, facts) = draft.Build(store.Pool);
            if (store.TryReplace(current, segments, facts) is { } marked)
            {
                return (marked, false);
            }
        }

        throw Failures.Conflict(name);
    }

    /// <summary>Changes the parts of the newest version until no other write comes between; null from the change: leave as is.</summary>
    public SimulatedNode? TryChange(string name, Func<SimulatedNode, (NodeSegments Segments, NodeFacts Facts)?> change)
    {
        while (store.Find(name) is { } current)
        {
            if (change(current) is not { } changed || changed.Segments.SameContent(current.Segments))
            {
                return current;
            }

            if (store.TryReplace(current, changed.Segments, changed.Facts) is { } written)
            {
                return written;
            }
        }

        return null;
    }

    internal static JsonObject MetadataOf(SimulatedNode node)
    {
        var buffer = new byte[node.LengthMax(ObjectForm.MetadataOnly)];
        var length = node.Write(buffer, ObjectForm.MetadataOnly, node.Version);
        var whole = Json.Parse(buffer.AsSpan(0, length))!.AsObject();
        var metadata = whole["metadata"]!.AsObject();
        whole.Remove("metadata");
        return metadata;
    }

    /// <summary>Decodes and encodes a node without adding it, so that many can be prepared at once.</summary>
    public (NodeSegments Segments, NodeFacts Facts) Prepare(JsonObject body) =>
        Encode(Decode(new Canonicalizer(), body, new WriteOptions()));

    private (NodeSegments Segments, NodeFacts Facts) Encode(JsonObject node)
    {
        var metadata = node["metadata"]!.AsObject();
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= Timestamp.Format(time.GetUtcNow());
        var spec = node["spec"]!.AsObject();
        if (spec.Text("podCIDR") is { } cidr && spec["podCIDRs"] is null)
        {
            spec["podCIDRs"] = new JsonArray(cidr);
        }

        Validate(metadata);
        spec = new Canonicalizer().Struct(spec, NodeSchema.Spec, "spec");
        return NodeDraft.New(metadata, spec, node["status"]!.AsObject()).Build(store.Pool);
    }

    private SimulatedNode Add(JsonObject node, bool dryRun)
    {
        var (segments, facts) = Encode(node);
        if (dryRun)
        {
            return store.Find(facts.Name) is null ? new SimulatedNode(segments, facts, 0) : throw Failures.AlreadyExists(facts.Name);
        }

        return store.TryAdd(segments, facts) ?? throw Failures.AlreadyExists(facts.Name);
    }

    private SimulatedNode Retry(string name, Func<SimulatedNode, SimulatedNode?> attempt)
    {
        for (var i = 0; i < AttemptsMax; i++)
        {
            var current = store.Find(name) ?? throw Failures.NotFound("nodes", name);
            if (attempt(current) is { } written)
            {
                return written;
            }
        }

        throw Failures.Conflict(name);
    }

    /// <summary>Stores the draft; null when another write was faster.</summary>
    private SimulatedNode? Commit(SimulatedNode current, NodeDraft draft, WriteOptions options, bool fillUid)
    {
        if (draft.Metadata is { } metadata)
        {
            KeepIdentity(current, metadata, fillUid);
            Validate(metadata, UpdateValidations);
            draft.Metadata = new Canonicalizer().Struct(metadata, NodeSchema.Metadata, "metadata");
        }

        var (segments, facts) = draft.Build(store.Pool);
        if (segments.SameContent(current.Segments))
        {
            return current;
        }

        if (options.DryRun)
        {
            return new SimulatedNode(segments, facts, current.Version);
        }

        return facts is { IsDeleting: true, HasFinalizers: false }
            ? store.TryRemove(current, new SimulatedNode(segments, facts, current.Version))
            : store.TryReplace(current, segments, facts);
    }

    private static void KeepIdentity(SimulatedNode current, JsonObject metadata, bool fillUid)
    {
        var name = current.Name;
        var version = metadata.Text("resourceVersion");
        if (version is not null && version != current.ResourceVersion)
        {
            throw ulong.TryParse(version, out _)
                ? Failures.Conflict(name)
                : Failures.InvalidNode(name, [new("FieldValueInvalid",
                    $"Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax",
                    "metadata.resourceVersion")]);
        }

        var uid = metadata.Text("uid");
        if (uid != current.Uid && !(uid is null && fillUid))
        {
            Immutable("metadata.uid", uid);
        }

        if (metadata.Text("name") != name)
        {
            Immutable("metadata.name", metadata.Text("name"));
        }

        var old = MetadataOf(current);
        metadata["uid"] = current.Uid;
        foreach (var kept in (string[])["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"])
        {
            metadata.Remove(kept);
            if (old[kept] is { } value)
            {
                metadata[kept] = value.DeepClone();
            }
        }

        void Immutable(string field, string? value)
        {
            var cause = new StatusCause("FieldValueInvalid", $"Invalid value: \"{value}\": field is immutable", field);
            // Object metadata is checked by the generic strategy and again by the Node's own.
            throw Failures.InvalidNode(name, [cause, cause]);
        }
    }

    private static void Validate(JsonObject metadata, int times = 1)
    {
        var causes = Enumerable.Repeat(MetadataValidator.Check(metadata), times).SelectMany(c => c).ToList();
        if (causes.Count > 0)
        {
            throw Failures.InvalidNode(metadata.Text("name") ?? "", causes);
        }
    }

    private static void AddTaint(JsonObject spec)
    {
        var taints = spec["taints"]?.AsArray() ?? [];
        if (!taints.OfType<JsonObject>().Any(t => t.Text("key") == NotReadyTaint))
        {
            taints.Add(new JsonObject { ["key"] = NotReadyTaint, ["effect"] = "NoSchedule" });
        }

        spec["taints"] = taints.Parent is null ? taints : taints.DeepClone();
    }

    private static JsonObject Decode(Canonicalizer canonicalizer, JsonObject body, WriteOptions options)
    {
        if ((body.Text("kind") ?? "Node") != "Node" || (body.Text("apiVersion") ?? "v1") != "v1")
        {
            throw Failures.BadRequest(
                $"no kind \"{body.Text("kind")}\" is registered for version \"{body.Text("apiVersion")}\" in scheme; send a v1 Node");
        }

        JsonObject node;
        try
        {
            node = canonicalizer.Struct(body, NodeSchema.Node, "");
        }
        catch (SchemaTypeException e)
        {
            throw Failures.BadRequest($"Node in version \"v1\" cannot be handled as a Node: {e.Message}");
        }

        return options.Validation == FieldValidation.Strict && canonicalizer.UnknownFields.Count > 0
            ? throw Failures.BadRequest($"Node in version \"v1\" cannot be handled as a Node: {StrictError(canonicalizer.UnknownFields)}")
            : node;
    }

    private static string StrictError(IReadOnlyList<string> unknown) =>
        "strict decoding error: " + string.Join(", ", unknown.Select(f => $"unknown field \"{f}\""));
}
