using System.Buffers;
using System.Buffers.Text;
using System.Text.Json.Nodes;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Storage;

/// <summary>Which JSON form of a node goes out.</summary>
internal enum ObjectForm
{
    /// <summary>With kind and apiVersion: get, watch, and answers to writes.</summary>
    Full,
    /// <summary>Without kind and apiVersion, as the API server writes items of a NodeList.</summary>
    ListItem,
    /// <summary>PartialObjectMetadata of meta.k8s.io/v1.</summary>
    MetadataOnly,
}

/// <summary>
/// One immutable version of a node, kept as UTF-8 JSON in the segments that change together. A heartbeat replaces only the
/// conditions, a label patch only the metadata; all other segments are shared with the version before.
/// </summary>
public sealed class SimulatedNode
{
    private const int ResourceVersionDigitsMax = 20;

    internal SimulatedNode(NodeSegments segments, NodeFacts facts, ulong version)
    {
        Segments = segments;
        Facts = facts;
        Version = version;
    }

    /// <summary>metadata.name.</summary>
    public string Name => Facts.Name;

    /// <summary>metadata.uid.</summary>
    public string Uid => Facts.Uid;

    /// <summary>metadata.resourceVersion as it goes over the wire.</summary>
    public string ResourceVersion => Version.ToString();

    /// <summary>spec.unschedulable.</summary>
    public bool Unschedulable => Facts.Unschedulable;

    /// <summary>metadata.labels.</summary>
    public IReadOnlyDictionary<string, string> Labels => Facts.Labels;

    internal ulong Version { get; }

    internal NodeSegments Segments { get; }

    internal NodeFacts Facts { get; }

    /// <summary>The node as the API server would answer a GET, UTF-8 JSON.</summary>
    public byte[] ToJsonUtf8()
    {
        var buffer = new ArrayBufferWriter<byte>(LengthMax(ObjectForm.Full));
        WriteTo(buffer, ObjectForm.Full);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The status of a condition, or null if the node does not report it.</summary>
    public string? ConditionStatus(string type) =>
        Conditions().OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type).Text("status");

    internal JsonArray Conditions() => Segments.Conditions.Length == 0 ? [] : Json.Parse(Segments.Conditions)!.AsArray();

    internal SimulatedNode With(NodeSegments segments, ulong version) => new(segments, Facts, version);

    internal SimulatedNode At(ulong version) => new(Segments, Facts, version);

    internal int LengthMax(ObjectForm form) =>
        128 + ResourceVersionDigitsMax + Segments.MetadataLength + (form == ObjectForm.MetadataOnly ? 0 : Segments.BodyLength);

    internal void WriteTo(IBufferWriter<byte> writer, ObjectForm form)
    {
        var span = writer.GetSpan(LengthMax(form));
        writer.Advance(Write(span, form, Version));
    }

    /// <summary>Writes into <paramref name="target"/> (at least <see cref="LengthMax"/> long) and returns the bytes written.</summary>
    internal int Write(Span<byte> target, ObjectForm form, ulong version)
    {
        var at = 0;
        Put(target, ref at, form switch
        {
            ObjectForm.Full => "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{"u8,
            ObjectForm.ListItem => "{\"metadata\":{"u8,
            _ => "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{"u8,
        });
        Put(target, ref at, Segments.Identity);
        Put(target, ref at, "\"resourceVersion\":\""u8);
        Utf8Formatter.TryFormat(version, target[at..], out var digits);
        at += digits;
        Put(target, ref at, "\""u8);
        Put(target, ref at, Segments.Metadata);
        Put(target, ref at, Segments.ManagedFields);
        Put(target, ref at, "}"u8);
        if (form != ObjectForm.MetadataOnly)
        {
            Put(target, ref at, ",\"spec\":"u8);
            Put(target, ref at, Segments.Spec);
            Put(target, ref at, ",\"status\":{"u8);
            Put(target, ref at, Segments.Resources);
            if (Segments.Conditions.Length > 0)
            {
                Put(target, ref at, "\"conditions\":"u8);
                Put(target, ref at, Segments.Conditions);
                Put(target, ref at, ","u8);
            }

            Put(target, ref at, Segments.System);
            Put(target, ref at, Segments.Images);
            Put(target, ref at, "}"u8);
        }

        Put(target, ref at, "}"u8);
        return at;
    }

    private static void Put(Span<byte> target, ref int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target[at..]);
        at += bytes.Length;
    }
}
