import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/** One resource a line on stdin, one line of JSON on stdout: `verdict` and the `errors`. */
public class ValidateLines {
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // HAPI's log must not come between the verdicts.
    FhirValidator validator = createValidator();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Gson gson = new Gson();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      List<Map<String, String>> errors = errorsOf(validator, line);
      Map<String, Object> verdict = new LinkedHashMap<>();
      verdict.put("verdict", errors.isEmpty() ? "ok" : "errors");
      verdict.put("errors", errors);
      out.println(gson.toJson(verdict));
    }
  }

  private static FhirValidator createValidator() {
    FhirContext context = FhirContext.forR4();
    IValidationSupport support =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new CommonCodeSystemsTerminologyService(context),
            new SnapshotGeneratingValidationSupport(context),
            unknownCodeSystems(context));
    return context.newValidator().registerValidatorModule(new FhirInstanceValidator(support));
  }

  /** A code system that is not at hand is a warning on both sides. */
  private static IValidationSupport unknownCodeSystems(FhirContext context) {
    UnknownCodeSystemWarningValidationSupport support =
        new UnknownCodeSystemWarningValidationSupport(context);
    support.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    return support;
  }

  private static List<Map<String, String>> errorsOf(FhirValidator validator, String line) {
    List<Map<String, String>> errors = new ArrayList<>();
    try {
      for (SingleValidationMessage message : validator.validateWithResult(line).getMessages()) {
        if (message.getSeverity().ordinal() < ResultSeverityEnum.ERROR.ordinal()) continue;
        errors.add(error(message.getMessageId(), message.getLocationString(), message.getMessage()));
      }
    } catch (RuntimeException exception) {
      errors.add(error("exception", "", String.valueOf(exception)));
    }
    return errors;
  }

  private static Map<String, String> error(String id, String place, String message) {
    Map<String, String> error = new LinkedHashMap<>();
    error.put("id", id);
    error.put("place", place);
    error.put("message", message);
    return error;
  }
}
