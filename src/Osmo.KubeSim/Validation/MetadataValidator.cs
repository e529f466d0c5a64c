using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Osmo.KubeSim.Api;
using Osmo.KubeSim.Objects;

namespace Osmo.KubeSim.Validation;

/// <summary>Names, labels and annotations, with the messages that kube-apiserver gives.</summary>
internal static partial class MetadataValidator
{
    private const int NamePartBytesMax = 63;
    private const int SubdomainBytesMax = 253;
    private const int AnnotationsBytesMax = 256 * 1024;

    private const string KeyMessage =
        "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

    private const string NamePartMessage =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string ValueMessage =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
        + "an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
        + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private const string SubdomainMessage =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with "
        + "an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    /// <summary>Problems of a metadata object in field order; empty when it is valid.</summary>
    public static List<StatusCause> Check(JsonObject metadata)
    {
        var causes = new List<StatusCause>();
        var name = metadata.Text("name") ?? "";
        if (name.Length == 0)
        {
            causes.Add(new StatusCause("FieldValueRequired", "Required value: name or generateName is required", "metadata.name"));
        }
        else if (name.Length > SubdomainBytesMax || !Subdomain().IsMatch(name))
        {
            causes.Add(Invalid("metadata.name", name, SubdomainMessage));
        }

        foreach (var (key, value) in metadata["labels"]?.AsObject() ?? [])
        {
            CheckKey(key, "metadata.labels", causes);
            CheckLabelValue(value!.GetValue<string>(), causes);
        }

        var annotationBytes = 0;
        foreach (var (key, value) in metadata["annotations"]?.AsObject() ?? [])
        {
            CheckKey(key, "metadata.annotations", causes);
            annotationBytes += key.Length + Encoding.UTF8.GetByteCount(value!.GetValue<string>());
        }

        if (annotationBytes > AnnotationsBytesMax)
        {
            causes.Add(new StatusCause(
                "FieldValueTooLong", $"Too long: may not be more than {AnnotationsBytesMax} bytes", "metadata.annotations"));
        }

        return causes;
    }

    private static void CheckKey(string key, string field, List<StatusCause> causes)
    {
        var parts = key.Split('/');
        if (parts.Length > 2)
        {
            causes.Add(Invalid(field, key, KeyMessage));
            return;
        }

        if (parts.Length == 2 && parts[0].Length == 0)
        {
            causes.Add(Invalid(field, key, "prefix part must be non-empty"));
        }
        else if (parts.Length == 2 && (parts[0].Length > SubdomainBytesMax || !Subdomain().IsMatch(parts[0])))
        {
            causes.Add(Invalid(field, key, "prefix part " + SubdomainMessage));
        }

        var name = parts[^1];
        if (name.Length == 0)
        {
            causes.Add(Invalid(field, key, "name part must be non-empty"));
        }
        else if (name.Length > NamePartBytesMax)
        {
            causes.Add(Invalid(field, key, $"name part must be no more than {NamePartBytesMax} bytes"));
        }

        if (!QualifiedName().IsMatch(name))
        {
            causes.Add(Invalid(field, key, NamePartMessage));
        }
    }

    private static void CheckLabelValue(string value, List<StatusCause> causes)
    {
        if (Encoding.UTF8.GetByteCount(value) > NamePartBytesMax)
        {
            causes.Add(Invalid("metadata.labels", value, $"must be no more than {NamePartBytesMax} bytes"));
        }

        if (value.Length > 0 && !QualifiedName().IsMatch(value))
        {
            causes.Add(Invalid("metadata.labels", value, ValueMessage));
        }
    }

    private static StatusCause Invalid(string field, string value, string message) =>
        new("FieldValueInvalid", $"Invalid value: \"{value}\": {message}", field);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex QualifiedName();
}
