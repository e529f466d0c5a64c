using System.Collections.Immutable;

namespace Osmo.Kubernetes;

/// <summary>One page of a list of pods.</summary>
internal sealed record PodPage(IReadOnlyList<PodProjection> Pods, string ResourceVersion, string Continue);

/// <summary>One line of a watch of pods.</summary>
internal sealed record PodEvent(WatchEventType Type, PodProjection? Pod, string ResourceVersion, KubernetesStatus? Status);

/// <summary>
/// Reads pods. Unknown fields are passed over, and a field of another kind than expected counts as absent: a single odd pod must not
/// hide all others.
/// </summary>
internal static class PodReader
{
    /// <exception cref="JsonFormatException">It is no list.</exception>
    public static PodPage ReadList(ReadOnlySpan<byte> utf8)
    {
        JsonCursor cursor = new(utf8);
        List<PodProjection> pods = [];
        (string Version, string Continue) header = ("", "");
        bool hasItems = false;
        if (!cursor.TryBegin((byte)'{'))
        {
            throw new JsonFormatException("expected a list of pods");
        }

        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("metadata"u8))
            {
                header = ReadListMetadata(ref cursor);
            }
            else if (name.SequenceEqual("items"u8))
            {
                hasItems = true;
                ReadItems(ref cursor, pods);
            }
            else
            {
                cursor.Skip();
            }
        }

        cursor.RequireEnd();
        return hasItems ? new PodPage(pods, header.Version, header.Continue) : throw new JsonFormatException("it is no list of pods");
    }

    /// <exception cref="JsonFormatException">It is no watch event.</exception>
    public static PodEvent ReadEvent(ReadOnlySpan<byte> line)
    {
        JsonCursor cursor = new(line);
        if (!cursor.TryBegin((byte)'{'))
        {
            throw new JsonFormatException("expected a watch event");
        }

        WatchEventType? type = null;
        int start = -1;
        int end = -1;
        bool first = true;
        while (cursor.NextMember(ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
            {
                type = NodeDecoder.ParseType(cursor.ReadString());
                continue;
            }

            cursor.Peek();
            start = name.SequenceEqual("object"u8) ? cursor.Position : start;
            cursor.Skip();
            end = name.SequenceEqual("object"u8) ? cursor.Position : end;
        }

        cursor.RequireEnd();
        if (type is not { } kind || start < 0)
        {
            throw new JsonFormatException("a watch event needs a type and an object");
        }

        if (kind == WatchEventType.Error)
        {
            KubernetesStatus status = KubernetesStatus.TryParse(line[start..end])
                ?? new KubernetesStatus { Message = "the server sent an ERROR event without a Status" };
            return new PodEvent(kind, null, "", status);
        }

        JsonCursor at = new(line, start);
        (PodProjection pod, string version) = ReadPod(ref at);
        return new PodEvent(kind, pod.Name.Length > 0 ? pod : null, version, null);
    }

    private static (string Version, string Continue) ReadListMetadata(ref JsonCursor cursor)
    {
        (string Version, string Continue) header = ("", "");
        bool first = true;
        while (Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("resourceVersion"u8))
            {
                header.Version = Text(ref cursor);
            }
            else if (name.SequenceEqual("continue"u8))
            {
                header.Continue = Text(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }

        return header;
    }

    private static void ReadItems(ref JsonCursor cursor, List<PodProjection> pods)
    {
        if (!cursor.TryBegin((byte)'['))
        {
            cursor.Skip();
            return;
        }

        bool first = true;
        while (cursor.NextElement(ref first))
        {
            (PodProjection pod, _) = ReadPod(ref cursor);
            if (pod.Name.Length > 0)
            {
                pods.Add(pod);
            }
        }
    }

    private static (PodProjection Pod, string Version) ReadPod(ref JsonCursor cursor)
    {
        PodProjection pod = new() { Namespace = "", Name = "" };
        string version = "";
        bool first = true;
        while (Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("metadata"u8))
            {
                pod = ReadMetadata(ref cursor, pod, ref version);
            }
            else if (name.SequenceEqual("spec"u8))
            {
                pod = ReadSpec(ref cursor, pod);
            }
            else if (name.SequenceEqual("status"u8))
            {
                pod = ReadStatus(ref cursor, pod);
            }
            else
            {
                cursor.Skip();
            }
        }

        return (pod, version);
    }

    private static PodProjection ReadMetadata(ref JsonCursor cursor, PodProjection pod, ref string version)
    {
        bool first = true;
        while (Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("namespace"u8))
            {
                pod = pod with { Namespace = Text(ref cursor) };
            }
            else if (name.SequenceEqual("name"u8))
            {
                pod = pod with { Name = Text(ref cursor) };
            }
            else if (name.SequenceEqual("uid"u8))
            {
                pod = pod with { Uid = Text(ref cursor) };
            }
            else if (name.SequenceEqual("resourceVersion"u8))
            {
                version = Text(ref cursor);
            }
            else
            {
                cursor.Skip();
            }
        }

        return pod;
    }

    private static PodProjection ReadSpec(ref JsonCursor cursor, PodProjection pod)
    {
        bool first = true;
        while (Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("nodeName"u8))
            {
                pod = pod with { Node = Text(ref cursor) };
            }
            else if (name.SequenceEqual("containers"u8) && cursor.TryBegin((byte)'['))
            {
                ImmutableArray<NodeResource>.Builder requests = ImmutableArray.CreateBuilder<NodeResource>();
                bool firstContainer = true;
                while (cursor.NextElement(ref firstContainer))
                {
                    ReadContainer(ref cursor, requests);
                }

                pod = pod with { Requests = requests.ToImmutable() };
            }
            else
            {
                cursor.Skip();
            }
        }

        return pod;
    }

    private static void ReadContainer(ref JsonCursor cursor, ImmutableArray<NodeResource>.Builder requests)
    {
        bool first = true;
        while (Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (!name.SequenceEqual("resources"u8))
            {
                cursor.Skip();
                continue;
            }

            bool firstKind = true;
            while (Next(ref cursor, ref firstKind, out ReadOnlySpan<byte> kind))
            {
                if (!kind.SequenceEqual("requests"u8))
                {
                    cursor.Skip();
                    continue;
                }

                bool firstRequest = true;
                while (Next(ref cursor, ref firstRequest, out ReadOnlySpan<byte> resource))
                {
                    requests.Add(new NodeResource(Utf8Text.ToText(resource), Text(ref cursor)));
                }
            }
        }
    }

    private static PodProjection ReadStatus(ref JsonCursor cursor, PodProjection pod)
    {
        bool first = true;
        while (Next(ref cursor, ref first, out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("phase"u8))
            {
                pod = pod with { Phase = Text(ref cursor) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return pod;
    }

    /// <summary>The next member of the object under the cursor; one that is no object has none and is passed over.</summary>
    private static bool Next(scoped ref JsonCursor cursor, ref bool first, out ReadOnlySpan<byte> name)
    {
        if (first && !cursor.TryBegin((byte)'{'))
        {
            cursor.Skip();
            name = default;
            return false;
        }

        return cursor.NextMember(ref first, out name);
    }

    private static string Text(ref JsonCursor cursor)
    {
        switch (cursor.Peek())
        {
            case (byte)'"':
                return Utf8Text.ToText(cursor.ReadString());
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return Utf8Text.ToText(cursor.ReadNumber());
            default:
                cursor.Skip();
                return "";
        }
    }
}
