using Microsoft.AspNetCore.Http;

namespace Osmo.KubeSim.Api;

/// <summary>What the Accept header asks for.</summary>
internal enum RepresentationKind
{
    Object,
    Table,
    Metadata,
}

internal readonly record struct Representation(RepresentationKind Kind)
{
    public static readonly Representation Object = new(RepresentationKind.Object);
    public static readonly Representation Table = new(RepresentationKind.Table);
    public static readonly Representation Metadata = new(RepresentationKind.Metadata);

    /// <summary>The first media type that this server can give; 406 if there is none.</summary>
    public static Representation Of(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        if (accept.Length == 0)
        {
            return Object;
        }

        foreach (var type in accept.Split(','))
        {
            var parts = type.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is not ("application/json" or "*/*" or "application/*"))
            {
                continue;
            }

            var target = parts.FirstOrDefault(p => p.StartsWith("as=", StringComparison.Ordinal));
            switch (target)
            {
                case null:
                    return Object;
                case "as=Table" when parts.Contains("v=v1"):
                    return Table;
                case "as=PartialObjectMetadata" or "as=PartialObjectMetadataList" when parts.Contains("v=v1"):
                    return Metadata;
            }
        }

        throw new ApiException(new StatusBody(406, "NotAcceptable",
            "only the following media types are accepted: application/json")
        { Details = [] });
    }
}
